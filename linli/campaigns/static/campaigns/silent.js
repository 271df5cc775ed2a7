// Whose phone was not heard of, for who leads a team. The page itself is kept for use without a network, so that no name stands in it:
// this part is fetched beside it, kept nowhere, and left as it is while there is no network.
const place = document.getElementById("silent");

async function look() {
  if (!navigator.onLine) return;
  try {
    const answer = await fetch(place.dataset.from, { redirect: "error" });
    if (!answer.ok) return;
    place.innerHTML = await answer.text();
    place.hidden = !place.firstElementChild;
  } catch {
    // No network after all, or no longer signed in: the page says so itself.
  }
}

look();
setInterval(look, 600_000);
