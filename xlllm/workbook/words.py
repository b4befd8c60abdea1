"""Every fixed text of a workbook, in both languages."""

from xlllm.template import Text

SHEETS = {
    "dashboard": Text(en="Dashboard", ja="ダッシュボード"),
    "inputs": Text(en="Inputs", ja="入力"),
    "calculation": Text(en="Calculation", ja="計算"),
    "years": Text(en="Cash flow", ja="キャッシュフロー"),
    "facts": Text(en="Facts", ja="参照データ"),
    "checks": Text(en="Checks", ja="整合性チェック"),
    "sources": Text(en="Sources", ja="出典"),
    "chart_data": Text(en="Chart data", ja="グラフデータ"),
}
CASES = {
    "low": Text(en="Low", ja="低位"),
    "base": Text(en="Base", ja="中位"),
    "high": Text(en="High", ja="高位"),
}
CASE_HEADS = {
    "low": Text(en="Low case", ja="低位"),
    "base": Text(en="Base case", ja="中位"),
    "high": Text(en="High case", ja="高位"),
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
}
CATALOGS = {
    "gpu": Text(en="Accelerators", ja="アクセラレータ"),
    "model": Text(en="Model architectures", ja="モデルの構成"),
    "law": Text(en="Scaling laws", ja="スケーリング則"),
    "run": Text(en="Published training runs", ja="公表された学習"),
}
INTRO = {
    "inputs": Text(
        en="Change only the yellow cells. The low case is the unfavourable one, the high case the favourable one.",
        ja="黄色のセルだけを変更します。低位は不利、高位は有利なケースです。",
    ),
    "calculation": Text(
        en="No inputs here. Shaded rows feed the Dashboard. The three cases are always live.",
        ja="ここに入力はありません。色付きの行がダッシュボードに出ます。3ケースは常に計算されます。",
    ),
    "years": Text(
        en="One column a year; year 0 is the year of the investment. Amounts are not discounted.",
        ja="1列が1年、0年は投資の年です。金額は割引前です。",
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
SCENARIO_HELP = Text(en="Low, Base or High: drives every sheet.", ja="低位・中位・高位。全シートに反映されます。")
CHOOSE = Text(
    en="Choose from the list; its facts are on the Facts sheet.",
    ja="一覧から選びます。数値は「参照データ」にあります。",
)
CONFIDENTIAL = Text(en="Confidential", ja="社外秘")
PRICES_AS_OF = Text(en="Prices as of {}", ja="価格基準日 {}")
DEFINITION = Text(en="definition", ja="定義")
COLON = Text(en=": ", ja="：")
MONEY_IN = Text(en="Money in US dollars", ja="金額単位：米ドル")
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
SOME_FAIL_BEFORE = Text(en="✖ ", ja="✖ 不合格 ")
SOME_FAIL_AFTER = Text(en=" checks fail", ja="件")
SOME_WARN_BEFORE = Text(en="◐ ", ja="◐ 注意 ")
SOME_WARN_AFTER = Text(en=" checks to note", ja="件")
SEE_CHECKS = Text(en="See the Checks sheet", ja="「整合性チェック」を参照")
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
