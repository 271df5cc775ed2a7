// Copies a component's line.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
});
