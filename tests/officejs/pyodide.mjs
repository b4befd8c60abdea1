// xlllm in Pyodide, as xlwings Lite runs it: what imports, how long it takes, what it answers.
//
//   node pyodide.mjs FOLDER
//
// FOLDER holds node_modules/pyodide, wheels/ and numpy_stand_in.py, main.py, proof.py. Prints what proof.py gives.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = path.resolve(process.argv[2]);
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "node_modules/pyodide/pyodide.mjs")));
const begun = performance.now();
const python = await loadPyodide();
for (const wheel of fs.readdirSync(path.join(folder, "wheels"))) {
  python.unpackArchive(new Uint8Array(fs.readFileSync(path.join(folder, "wheels", wheel))), "wheel");
}
const boot = performance.now() - begun;
python.FS.mkdir("numpy");
for (const [file, at] of [["numpy_stand_in.py", "numpy/__init__.py"], ["main.py", "main.py"]]) {
  python.FS.writeFile(at, fs.readFileSync(path.join(folder, file)));
}
const proof = fs.readFileSync(path.join(folder, "proof.py"), "utf8");
const found = JSON.parse(await python.runPythonAsync(proof));
console.log(JSON.stringify({ boot: boot / 1000, ...found }));
