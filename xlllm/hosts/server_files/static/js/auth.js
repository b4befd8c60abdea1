// Who calls: what xlwings' script sends as Authorization. The token is typed into the task pane and kept there.
globalThis.getAuth = async function () {
  if (config.authProviders.includes("entraid")) {
    return { token: await xlwings.getAccessToken(), provider: "entraid" };
  }
  return { token: localStorage.getItem("xlllm-token") ?? "", provider: "" };
};
