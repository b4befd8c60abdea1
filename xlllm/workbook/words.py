"""Every fixed text of a workbook, in both languages."""

from xlllm.template import Text

SHEETS = {
    "cover": Text(en="Guide", ja="はじめに"),
    "dashboard": Text(en="Dashboard", ja="ダッシュボード"),
    "brief": Text(en="Board paper", ja="稟議書"),
    "inputs": Text(en="Inputs", ja="入力"),
    "calculation": Text(en="Calculation", ja="計算"),
    "years": Text(en="Cash flow", ja="キャッシュフロー"),
    "scenarios": Text(en="Scenarios", ja="シナリオ"),
    "sensitivity": Text(en="Sensitivity", ja="感度分析"),
    "what_if": Text(en="What-if", ja="感度計算"),
    "engine": Text(en="Engine values", ja="エンジン計算値"),
    "facts": Text(en="Facts", ja="参照データ"),
    "checks": Text(en="Checks", ja="整合性チェック"),
    "sources": Text(en="Sources", ja="出典"),
    "log": Text(en="Log", ja="変更履歴"),
    "chart_data": Text(en="Chart data", ja="グラフデータ"),
}
CASES = {
    "low": Text(en="Low", ja="低位"),
    "base": Text(en="Base", ja="中位"),
    "high": Text(en="High", ja="高位"),
    "own": Text(en="Own", ja="独自"),
}
CASE_HEADS = {
    "low": Text(en="Low case", ja="低位"),
    "base": Text(en="Base case", ja="中位"),
    "high": Text(en="High case", ja="高位"),
    "own": Text(en="Own case", ja="独自"),
}
HEAD = {
    "input": Text(en="Input", ja="項目"),
    "quantity": Text(en="Quantity", ja="項目"),
    "in_use": Text(en="In use", ja="使用値"),
    "unit": Text(en="Unit", ja="単位"),
    "source": Text(en="Source", ja="出典"),
    "as_of": Text(en="As of", ja="基準日"),
    "note": Text(en="Note", ja="備考"),
    "confidence": Text(en="Confidence", ja="確度"),
    "function": Text(en="Function", ja="関数"),
    "entry": Text(en="Entry", ja="名称"),
    "check": Text(en="Check", ja="確認事項"),
    "value": Text(en="Value", ja="値"),
    "at_least": Text(en="At least", ja="下限"),
    "at_most": Text(en="At most", ja="上限"),
    "result": Text(en="Result", ja="判定"),
    "if_missed": Text(en="If missed", ja="外れた場合"),
    "year": Text(en="Year", ja="年"),
    "work": Text(en="Work", ja="文献"),
    "title": Text(en="Title", ja="題名"),
    "publisher": Text(en="Publisher", ja="発行元"),
    "date": Text(en="Date", ja="日付"),
    "link": Text(en="Link", ja="所在"),
    "figure": Text(en="Figure", ja="項目"),
    "plan": Text(en="This plan", ja="この計画"),
    "published": Text(en="Published", ja="公表値"),
    "difference": Text(en="Difference", ja="差"),
    "option": Text(en="Option", ja="案"),
    "age": Text(en="Age check", ja="鮮度"),
    "id": Text(en="Key", ja="キー"),
    "input_low": Text(en="Input, low", ja="入力値 低位"),
    "input_high": Text(en="Input, high", ja="入力値 高位"),
    "result_low": Text(en="Result at low", ja="低位での結果"),
    "result_high": Text(en="Result at high", ja="高位での結果"),
    "change_low": Text(en="Change at low", ja="低位での変化"),
    "change_high": Text(en="Change at high", ja="高位での変化"),
    "swing": Text(en="Swing", ja="変動幅"),
    "of_largest": Text(en="Of the largest", ja="最大比"),
    "rank": Text(en="Rank", ja="順位"),
    "stamp": Text(en="Computed for", ja="計算時の値"),
    "now": Text(en="Now", ja="現在の値"),
    "moved": Text(en="Cases moved", ja="変化した件数"),
    "state": Text(en="State", ja="状態"),
    "sheet": Text(en="Sheet", ja="シート"),
    "changed_on": Text(en="Date", ja="日付"),
    "changed_by": Text(en="Who", ja="担当者"),
    "changed_what": Text(en="What was changed", ja="変更内容"),
    "changed_why": Text(en="Why", ja="理由"),
    "item": Text(en="Item", ja="項目"),
    "unit_name": Text(en="Money unit", ja="金額単位"),
    "factor": Text(en="US dollars ×", ja="米ドル×"),
    "decimals": Text(en="Decimals", ja="小数桁"),
    "before": Text(en="Before", ja="前置"),
    "after": Text(en="After", ja="後置"),
    "currency": Text(en="Currency", ja="通貨"),
    "divisor": Text(en="Divisor", ja="除数"),
}
CATALOGS = {
    "gpu": Text(en="Accelerators", ja="アクセラレータ"),
    "model": Text(en="Model architectures", ja="モデルの構成"),
    "law": Text(en="Scaling laws", ja="スケーリング則"),
    "run": Text(en="Published training runs", ja="公表された学習"),
    "grid": Text(en="Power grids and sites", ja="電源・地域"),
    "api_price": Text(en="API prices", ja="API価格"),
    "gpu_price": Text(en="Prices of accelerators", ja="アクセラレータの価格"),
    "format": Text(en="Weight formats", ja="重みの形式"),
    "tokenizer": Text(en="Tokenizers", ja="トークナイザ"),
    "team": Text(en="People and labels", ja="人員・ラベル"),
    "ability": Text(en="Abilities", ja="能力"),
}
INTRO = {
    "scenarios": Text(
        en="The cases side by side, always live. The selector on the Inputs sheet chooses which one the others show.",
        ja="各ケースを並べて常時計算します。表示するケースは「入力」シートで選びます。",
    ),
    "sensitivity": Text(
        en="One input at a time goes to its low and to its high value, around the base case. Every number is live.",
        ja="中位を基準に、1項目ずつ低位・高位へ動かした結果です。数値はすべて自動で計算されます。",
    ),
    "what_if": Text(
        en="The formulas again, a row for every what-if, a column for every step. Sensitivity and Dashboard read them.",
        ja="1行が1通りの仮定、1列が計算の1段階です。「感度分析」と「ダッシュボード」が参照します。",
    ),
    "engine": Text(
        en="Solved by xlllm, because no cell formula can: each value with the inputs it holds for. "
        "If one changes, it turns STALE: run xlllm report again.",
        ja="セルの式では解けないため xlllm が計算した値です。"
        "計算時の入力が変わると「要再計算」になります（xlllm report を再実行）。",
    ),
    "log": Text(
        en="How this workbook was made, and room for what is changed in it.",
        ja="このブックの作成記録と、変更の記入欄です。",
    ),
    "inputs": Text(
        en="Change only the yellow cells. The low case is the unfavourable one, the high case the favourable one.",
        ja="黄色のセルだけを変更します。低位は不利、高位は有利なケースです。",
    ),
    "calculation": Text(
        en="No inputs here. Shaded rows feed the Dashboard. The three cases are always live.",
        ja="ここに入力はありません。色付きの行がダッシュボードに出ます。3ケースは常に計算されます。",
    ),
    "years": Text(
        en="One column a fiscal year; year 0 is the year of the investment.",
        ja="1列が1年度、0年は投資の年です。",
    ),
    "facts": Text(
        en="Published facts with source and date. The first rows show the entry that the Inputs sheet chooses.",
        ja="出典と日付のある公表値です。先頭の行は「入力」で選んだ項目を示します。",
    ),
    "checks": Text(
        en="What must hold for the advice on the Dashboard. Limits are in the cells beside each value.",
        ja="ダッシュボードの提言が成り立つための条件です。限度は各行のセルにあります。",
    ),
    "sources": Text(
        en="Works that the figures and formulas of this workbook come from.",
        ja="このブックの数値と計算式の出典です。",
    ),
}
CONFIDENCE_CODES = Text(
    en="Confidence: S1 first-party source read · S2 copy of the source read · S3 third-party summary · "
    "M1 from memory, well remembered · D derived from such figures · E own estimate, to be replaced by yours.",
    ja="確度：S1 一次資料を確認、S2 原典の写しを確認、S3 第三者の要約、M1 記憶（確度は高い）、"
    "D これらから算出、E 独自の見積り（自社の値に置き換える）。",
)
SCENARIO = Text(en="Scenario", ja="シナリオ")
SCENARIO_HELP = Text(
    en="Low, Base, High, or Own, which is yours to fill. Drives every sheet.",
    ja="低位・中位・高位・独自（自由に記入）。全シートに反映されます。",
)
CHOOSE = Text(
    en="Choose from the list; its facts are on the Facts sheet.",
    ja="一覧から選びます。数値は「参照データ」にあります。",
)
CONFIDENTIAL = Text(en="Confidential", ja="社外秘")
PRICES_AS_OF = Text(en="Prices as of {}", ja="価格基準日 {}")
MONEY_UNITS = {
    # name in English and Japanese, dollars or yen, divisor, decimals, text before and after, the same for prices
    "usd_m": (Text(en="$M", ja="百万ドル"), "USD", 1_000_000, 1, Text(en="$", ja=""), Text(en="M", ja="百万ドル")),
    "usd_k": (Text(en="$k", ja="千ドル"), "USD", 1_000, 0, Text(en="$", ja=""), Text(en="k", ja="千ドル")),
    "usd": (Text(en="$", ja="ドル"), "USD", 1, 0, Text(en="$", ja=""), Text(en="", ja="ドル")),
    "jpy_oku": (Text(en="¥100M", ja="億円"), "JPY", 100_000_000, 1, Text(en="¥", ja=""), Text(en=" × 100M", ja="億円")),
    "jpy_m": (Text(en="¥M", ja="百万円"), "JPY", 1_000_000, 0, Text(en="¥", ja=""), Text(en="M", ja="百万円")),
    "jpy": (Text(en="¥", ja="円"), "JPY", 1, 0, Text(en="¥", ja=""), Text(en="", ja="円")),
}
PRICE_WORDS = {
    "USD": (2, Text(en="$", ja=""), Text(en="", ja="ドル"), Text(en="US dollars", ja="米ドル")),
    "JPY": (1, Text(en="¥", ja=""), Text(en="", ja="円"), Text(en="yen", ja="円")),
}
DISPLAY = Text(en="Money, years and dates", ja="金額単位・年度・基準日")
SETTINGS = {
    "money_unit": Text(en="Money unit", ja="金額単位"),
    "jpy_per_usd": Text(en="Yen per US dollar", ja="円ドルレート"),
    "first_year": Text(en="First fiscal year (year 0)", ja="初年度（0年目）"),
    "fiscal_start_month": Text(en="First month of the fiscal year", ja="会計年度の開始月"),
    "price_date": Text(en="Prices as of", ja="価格基準日"),
    "stale_after_months": Text(en="Flag prices older than", ja="価格の許容月数"),
}
SETTING_UNITS = {
    "jpy_per_usd": Text(en="JPY/USD", ja="円/ドル"),
    "first_year": Text(en="year", ja="年度"),
    "fiscal_start_month": Text(en="month", ja="月"),
    "price_date": Text(en="date", ja="日付"),
    "stale_after_months": Text(en="months", ja="か月"),
}
SETTING_NOTES = {
    "money_unit": Text(en="How the Dashboard and the Scenarios show money", ja="ダッシュボードなどの表示単位"),
    "fiscal_start_month": Text(en="4 in Japan, 1 for calendar years", ja="4月始まりなら4、暦年なら1"),
    "price_date": Text(en="Ages are counted to this day", ja="鮮度はこの日を基準に判定"),
}
FISCAL = Text(en="FY{}", ja="{}年度")
STALE = Text(en="▲ STALE", ja="▲ 要再計算")
CURRENT = Text(en="✔ current", ja="✔ 最新")
OLD = Text(en="◐ old price", ja="◐ 古い価格")
FRESH = Text(en="✔", ja="✔")
ENGINE_CHECK = Text(en="Engine values hold for today's inputs", ja="エンジン計算値が現在の入力と一致")
PRICES_CHECK = Text(en="Prices are no older than allowed", ja="価格が許容月数より新しい")
TOLERANCE = Text(en="Counts as changed from a relative difference of", ja="変更とみなす相対差")
AT_EACH = {"low": Text(en="low", ja="低位"), "high": Text(en="high", ja="高位")}
LEGEND_HIGH = Text(en="■ high case", ja="■ 高位")
LEGEND_LOW = Text(en="■ low case", ja="■ 低位")
YES = Text(en="✔ yes", ja="✔ 可")
NO = Text(en="✖ no", ja="✖ 不可")
NO_ANSWER = Text(en="–", ja="–")
FITS = Text(en="Fits", ja="収まる")
SCORE = Text(en="Order of choice", ja="選択の基準")
PICKED = Text(en="Picked", ja="選ばれた案")
START = Text(en="Start of the sequence", ja="数列の始点")
STEP = Text(en="Step of the sequence", ja="数列の刻み")
SHARE_BELOW = Text(en="Share below 0", ja="負になる割合")
MEAN = Text(en="Mean", ja="平均")
STAMPS = Text(en="", ja="社長,担当役員,部長,課長,起案者")
FORM_HEADS = {
    "number": Text(en="Paper no.", ja="起案番号"),
    "date": Text(en="Date", ja="起案日"),
    "department": Text(en="Department", ja="起案部署"),
    "deadline": Text(en="Decide by", ja="決裁期限"),
}
END = Text(en="", ja="以上")
DEFINITION = Text(en="definition", ja="定義")
COLON = Text(en=": ", ja="：")
MONEY_IN = Text(en="Money in ", ja="金額単位：")
GAP = Text(en="   ·   ", ja="　／　")
PASS = Text(en="✔ OK", ja="✔ 合格")
FAIL = Text(en="✖ Look", ja="✖ 要確認")
WARN = Text(en="◐ Note", ja="◐ 注意")
FAILED = Text(en="Checks that fail", ja="不合格の件数")
WARNED = Text(en="Checks that make the advice conditional", ja="条件付きとなる件数")
CONFIDENCE = Text(en="Confidence", ja="確信度")
DECIDES = Text(en="Do not decide", ja="判断保留")
CONDITIONS = Text(en="Conditional", ja="条件付き")
BADGES = {
    "high": Text(en="● High confidence", ja="● 確信度 高"),
    "conditional": Text(en="◐ Conditional", ja="◐ 条件付き"),
    "none": Text(en="○ Do not decide", ja="○ 判断保留"),
}
ALL_PASS = Text(en="✔ All {} checks pass", ja="✔ チェック{}件すべて合格")
SOME_FAIL_BEFORE = Text(en="✖ Checks failed: ", ja="✖ 不合格 ")
SOME_FAIL_AFTER = Text(en="", ja="件")
SOME_WARN_BEFORE = Text(en="◐ Checks to note: ", ja="◐ 注意 ")
SOME_WARN_AFTER = Text(en="", ja="件")
SAYS = {
    "own estimate": Text(en="own estimate", ja="自社見積"),
    "own plan": Text(en="own plan", ja="自社計画"),
    "default": Text(en="default", ja="既定値"),
}
MUST_BE = Text(en="{label} must be {bounds}.", ja="{label}は{bounds}で入力してください。")
BOUNDS = {
    "share": Text(en="a share of 1: write 0.4 or 40%", ja="1に対する比率（0.4 または 40%）"),
    "whole": Text(en="a whole number from {low} to {high}", ja="{low}から{high}までの整数"),
    "number": Text(en="a number from {low} to {high}", ja="{low}から{high}までの数値"),
    "above": Text(en="a number above {low}, up to {high}", ja="{low}より大きく{high}以下の数値"),
    "list": Text(en="one of the list", ja="一覧の項目"),
}

GUIDE = {
    "how": Text(en="How to use it", ja="使い方"),
    "decision": Text(en="The decision now", ja="現在の提言"),
    "sheets": Text(en="The sheets", ja="シートの構成"),
    "legend": Text(en="What the colours say", ja="色の意味"),
    "trust": Text(en="How far to trust it", ja="信頼できる範囲"),
}
STEPS = (
    Text(
        en="1  Read the Dashboard: the sentence on top is built from the numbers, and the badge says how sure it is.",
        ja="1　ダッシュボードの最上段を読みます。提言は数値から組み立てられ、右の表示が確信度です。",
    ),
    Text(
        en="2  On Inputs, put your own figures into the yellow cells, with source and date. Nothing else is typed.",
        ja="2　「入力」の黄色いセルを自社の数値に置き換え、出典と日付も直します。他のセルは入力しません。",
    ),
    Text(
        en="3  Choose the scenario there: Low, Base, High, or your Own column. Every sheet follows.",
        ja="3　同じシートでシナリオ（低位・中位・高位・独自）を選ぶと、全シートが連動します。",
    ),
    Text(
        en="4  Look at Checks before you decide, and write into Log what you changed and why.",
        ja="4　決定の前に「整合性チェック」を確認し、変更内容と理由を「変更履歴」に残します。",
    ),
)
PURPOSES = {
    "dashboard": Text(en="Decision, six figures, four panels: one page", ja="提言・6指標・4つの図表（1ページ）"),
    "brief": Text(en="One page to sign", ja="決裁用の1ページ"),
    "inputs": Text(
        en="The only cells to type in; every value with unit, source and date", ja="入力欄。単位・出典・日付付き"
    ),
    "calculation": Text(en="Every step, in every case", ja="全ケースの計算過程"),
    "years": Text(en="Rows over the fiscal years", ja="年度ごとの推移"),
    "scenarios": Text(en="The cases side by side", ja="ケースの比較"),
    "sensitivity": Text(en="Which input moves the result most", ja="結果を最も動かす前提"),
    "what_if": Text(en="The chain of formulas for every what-if", ja="仮定ごとの計算過程"),
    "engine": Text(en="What only xlllm can solve, stamped", ja="xlllmが解いた値と計算条件"),
    "facts": Text(en="Published figures to choose from", ja="選択できる公表値"),
    "checks": Text(en="What must hold for the advice", ja="提言が成り立つ条件"),
    "sources": Text(en="Where figures and formulas come from", ja="数値と式の出典"),
    "log": Text(en="Version, scenario, changes", ja="版・シナリオ・変更の記録"),
}
LEGEND = (
    ("sample", Text(en="Typed by you", ja="入力する値"), Text(en="123", ja="123")),
    ("calc", Text(en="Computed", ja="計算値"), Text(en="123", ja="123")),
    (
        "output",
        Text(en="Computed, and shown on the Dashboard", ja="ダッシュボードに出る計算値"),
        Text(en="123", ja="123"),
    ),
    ("link", Text(en="Taken over from another sheet", ja="他シートの参照"), Text(en="123", ja="123")),
)
CLASSIC = Text(
    en="Classic functions only: it calculates in Excel 2016 or newer and LibreOffice 7.4 or newer, without Python, "
    "macros or a network. Google Sheets and Numbers are unverified.",
    ja="Excel 2016以降・LibreOffice 7.4以降で計算できます（Python・マクロ・通信は不要）。Googleスプレッドシートと"
    "Numbersは未確認です。",
)
CALLS = Text(
    en="The rows of {sheets} call functions of xlllm: what you change is computed only with {add_in}. "
    "Without it {without}; the native edition needs nothing.",
    ja="「{sheets}」は xlllm の関数を呼び出し、変更後の再計算には{add_in}が必要です。"
    "ない場合は{without}。native 形式なら何も要りません。",
)
AND = Text(en=" and ", ja="」と「")
STAYS = Text(
    en="values stay as computed until something changes", ja="何かを変更するまで計算済みの値のまま表示されます"
)
NO_ROWS = Text(
    en="rows over the years and what follows from them show #NAME?",
    ja="年度ごとの行とそこから計算される値が #NAME? になります",
)
ADD_INS = {
    "vba": Text(en="the xlllm add-in of Excel on Windows", ja="Windows 版 Excel の xlllm アドイン"),
    "officejs": Text(
        en="the xlllm add-in of Excel 365 (xlwings Server or Lite)",
        ja="Excel 365 の xlllm アドイン（xlwings Server・Lite）",
    ),
    "libreoffice": Text(en="the xlllm add-in of LibreOffice Calc", ja="LibreOffice Calc の xlllm アドイン"),
}
OWN_FIGURES = Text(
    en="Figures marked own estimate are examples: replace them before you decide. Advice falls to Conditional or "
    "Do not decide when a check fails.",
    ja="「自社見積」の数値は例示です。決定の前に置き換えてください。条件を外れると確信度が下がります。",
)
LOG_ITEMS = {
    "template": Text(en="Template", ja="テンプレート"),
    "scenario": Text(en="Scenario", ja="シナリオ"),
    "version": Text(en="Made by xlllm, version", ja="作成したxlllmの版"),
    "lang": Text(en="Language", ja="言語"),
    "edition": Text(en="Edition", ja="形式"),
    "dialect": Text(en="Dialect", ja="関数の方言"),
    "as_of": Text(en="Prices as of", ja="価格基準日"),
    "hash": Text(en="Hash of the scenario", ja="シナリオのハッシュ値"),
    "facts": Text(en="Hash of the facts", ja="参照データのハッシュ値"),
    "made_from": Text(en="Inputs it was made from", ja="作成時の入力値"),
}
MADE_FROM_NOTE = Text(en="For xlllm extract and xlllm check", ja="xlllm extract と xlllm check が使用")

STRONGEST = Text(en="Strongest", ja="最も効く前提")
COMMA = Text(en=", ", ja="、")
RESULTS = Text(en="Key results", ja="主な結果")
DIFFERING = Text(en="What makes the cases differ", ja="ケースを分ける前提")
NOT_MET = Text(en="Not met: ", ja="未達：")
LOGO = Text(en="Logo", ja="ロゴ")
ALL_HOLD = Text(en="Every check holds", ja="全条件を満たす")
