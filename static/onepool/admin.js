"use strict";

// Keeps the bars of unfinished jobs up to date; the page loads again once all of them have ended.
document.addEventListener("DOMContentLoaded", () => {
  const bars = [...document.querySelectorAll("progress[data-follow]")].filter((bar) => bar.dataset.follow);

  async function follow(bar) {
    for (;;) {
      try {
        const answer = await fetch(bar.dataset.follow, { headers: { Accept: "application/json" } });
        if (!answer.ok) {
          return;
        }
        const job = await answer.json();
        if (job.finished) {
          return;
        }
        bar.max = job.total || 1;
        bar.value = job.done;
      } catch {
        // The server is restarting, perhaps; the next look tells.
      }
      await new Promise((resolve) => window.setTimeout(resolve, 1000));
    }
  }

  if (bars.length > 0) {
    Promise.all(bars.map(follow)).then(() => window.location.reload());
  }
});
