// Many people recalculating at once: each client has one connection and sends the next call when it has its answer.
//
//   node clients.mjs URL CLIENTS SECONDS < calls.json
//
// calls: [[body, text of the answer], …]. Prints {calls, errors, first, seconds, p50, p95, p99, worst}, times in ms.
import http from "node:http";

const [base, clients, seconds] = process.argv.slice(2);
const input = [];
for await (const part of process.stdin) input.push(part);
const calls = JSON.parse(Buffer.concat(input).toString("utf8"));
const times = [];
const wrong = [];
const start = performance.now();
const end = start + 1000 * Number(seconds);

function call(agent, [body, expected]) {
  return new Promise((resolve) => {
    const begun = performance.now();
    const failed = (what) => resolve(wrong.push(`${body}: ${what}`));
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
    const sent = http.request(`${base}/xlwings/custom-functions-call`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("end", () => {
        times.push(performance.now() - begun);
        if (text !== expected) failed(`${response.statusCode} ${text} instead of ${expected}`);
        resolve();
      });
    });
    sent.on("error", (error) => failed(error.message));
    sent.end(body);
  });
}

await Promise.all(
  Array.from({ length: Number(clients) }, async (_, client) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = client; performance.now() < end; i++) await call(agent, calls[i % calls.length]);
    agent.destroy();
  }),
);
const took = (performance.now() - start) / 1000;
times.sort((a, b) => a - b);
const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
const figures = { calls: times.length, errors: wrong.length, first: wrong.slice(0, 3), seconds: took };
console.log(JSON.stringify({ ...figures, p50: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1) }));
