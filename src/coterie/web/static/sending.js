// A file takes its time: beside the button that sent it stands so, until the answer is here. Without this, the browser's own sign turns.
document.addEventListener("submit", ({ submitter }) => {
  if (!submitter?.dataset.sending) return;
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  status.className = "sending";
  submitter.after(status);
  status.textContent = submitter.dataset.sending;
  // Whoever comes back by the browser's button finds the form as it was.
  addEventListener("pageshow", () => status.remove(), { once: true });
});
