// Excel with the add-in open in its task pane: the real scripts of a server, called as a sheet calls them.
//
//   node excel.mjs URL RUNTIME TOKEN < calls.json > answers.json
//
// calls: [[name, arguments], …]. answers: {functions, shown, answers}, an answer being {result} or {error, message}.
import http from "node:http";

const [base, runtime, token] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
const AT_ONCE = 50;

function request(method, url, headers = {}, body = null) {
  return new Promise((resolve, reject) => {
    const sent = http.request(url, { method, headers, agent }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ response, text: Buffer.concat(parts).toString("utf8") }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function page(path) {
  const { response, text } = await request("GET", base + path);
  if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode} ${text}`);
  return text;
}

// -- what the scripts find in Excel
class XMLHttpRequest {
  headers = {};
  open(method, url) {
    Object.assign(this, { method, url });
  }
  setRequestHeader(name, value) {
    this.headers[name] = value;
  }
  getResponseHeader(name) {
    return this.response.headers[name.toLowerCase()];
  }
  send(body) {
    request(this.method, this.url, this.headers, body).then(
      ({ response, text }) => {
        Object.assign(this, { response, responseText: text });
        Object.assign(this, { status: response.statusCode, statusText: response.statusMessage });
        this.onload();
      },
      () => this.onerror(),
    );
  }
}

class CellError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const pane = await page("/taskpane.html");
const config = pane.match(/<script id="config"[^>]*>(.*?)<\/script>/s)[1];
const shown = [];
const list = {
  children: [],
  prepend: (line) => shown.push(line.textContent),
};
const elements = { config: { textContent: config }, "xlllm-errors": list };
const registered = {};
const stored = { "xlllm-token": token };
const supports = (set, version) => set !== "CustomFunctionsRuntime" || Number(version) <= Number(runtime);
Object.assign(globalThis, {
  XMLHttpRequest,
  window: { location: { origin: base } },
  document: { getElementById: (id) => elements[id] ?? null, createElement: () => ({}) },
  localStorage: { getItem: (key) => stored[key] ?? null, setItem: (key, value) => (stored[key] = value) },
  xlwings: { getCultureInfoName: async () => "ja-JP", getDateFormat: async () => "yyyy/mm/dd" },
  Office: {
    onReady: async (ready) => ready?.({}),
    context: { requirements: { isSetSupported: supports } },
  },
  Excel: {
    RequestContext: class {
      workbook = { name: "Book1.xlsx", load() {} };
      async sync() {}
    },
  },
  CustomFunctions: {
    associate: (id, called) => (registered[id] = called),
    Error: CellError,
    ErrorCode: {
      divisionByZero: "#DIV/0!",
      invalidNumber: "#NUM!",
      invalidValue: "#VALUE!",
      notAvailable: "#N/A",
      nullReference: "#NULL!",
    },
  },
});
console.error = () => {}; // xlwings' script tells every error there

// -- the scripts of the task pane that have to do with functions, in the order in which the page runs them
const run = globalThis.eval;
const asModule = async (path) => import("data:text/javascript;charset=utf-8," + encodeURIComponent(await page(path)));
await asModule("/static/js/config.js");
await asModule("/static/js/utils.js");
for (const path of ["/static/js/auth.js", "/xlwings/custom-functions-code.js"]) {
  if (!pane.includes(`src="${path}"`)) throw new Error(`the task pane does not load ${path}`);
  run(await page(path));
}
if (!pane.includes('src="/static/js/xlllm.js"')) throw new Error("the task pane does not load /static/js/xlllm.js");
await asModule("/static/js/xlllm.js");

// -- calls
const told = (error) => ({ error: error.code ?? "#CODE!", message: error.message });
const cell = (x) => (x instanceof CellError ? told(x) : x);

async function answer([name, args]) {
  try {
    const result = await registered[name](...args, { address: "Sheet1!A1" });
    return { result: result.map((row) => row.map(cell)) };
  } catch (error) {
    return told(error);
  }
}

const input = [];
for await (const part of process.stdin) input.push(part);
const calls = JSON.parse(Buffer.concat(input).toString("utf8"));
const answers = new Array(calls.length);
let next = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < calls.length) {
      const here = next++;
      answers[here] = await answer(calls[here]);
    }
  }),
);
process.stdout.write(JSON.stringify({ functions: Object.keys(registered).sort(), shown, answers }), () => process.exit());
