// What the add-in of xlllm adds to that of xlwings: errors as every Excel takes them, messages in the task pane.

const CODES = {
  Div0: "divisionByZero",
  NotAvailable: "notAvailable",
  Null: "nullReference",
  Num: "invalidNumber",
  Value: "invalidValue",
}; // the others no function may return as such an error
const MOST_SHOWN = 50;

function cellError(cell, message) {
  const ours = cell.errorType in CODES;
  if (!ours && Office.context.requirements.isSetSupported("CustomFunctionsRuntime", "1.4")) return cell;
  const code = CustomFunctions.ErrorCode[ours ? CODES[cell.errorType] : "invalidValue"];
  const silent = ["Div0", "Null", "Num"].includes(cell.errorType); // Excel shows no message with these
  return silent || !message ? new CustomFunctions.Error(code) : new CustomFunctions.Error(code, message);
}

// Excel before CustomFunctionsRuntime 1.4 takes no error objects, but these errors, which also bring their message.
function withErrors(result, message) {
  if (result.length > 1 || result[0].length > 1) message = ""; // it is that of one cell of many
  return result.map((row) => row.map((cell) => (cell?.type === "Error" ? cellError(cell, message) : cell)));
}

function show(message) {
  const list = globalThis.document?.getElementById("xlllm-errors");
  if (!list || list.firstChild?.textContent === message) return;
  const line = document.createElement("li");
  line.textContent = message;
  list.prepend(line);
  while (list.children.length > MOST_SHOWN) list.lastChild.remove();
}

const request = globalThis.xwRequest;
globalThis.xwRequest = {
  ...request,
  async post(...args) {
    try {
      const response = await request.post(...args);
      const { result, message } = response.data;
      if (message) show(message);
      if (result) response.data.result = withErrors(result, message);
      return response;
    } catch (error) {
      if (typeof error.response?.data === "string") show(error.response.data);
      throw error;
    }
  },
};

const form = globalThis.document?.getElementById("xlllm-token");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  localStorage.setItem("xlllm-token", form.token.value.trim());
  form.reset();
  form.querySelector("output").textContent = "✓";
});
