"use strict";

// Moves the bar of a running job and shows the outcome when it ends.
const area = document.querySelector("[data-job-state]");
const bar = area.querySelector("progress");
const words = area.querySelector("[role=status]");

async function look() {
  try {
    const answer = await fetch(area.dataset.jobState, { headers: { Accept: "application/json" } });
    const job = await answer.json();
    if (job.finished) {
      window.location.reload();
      return;
    }
    if (job.percent !== null) {
      bar.value = job.percent;
    }
    words.textContent = job.message || job.label;
  } catch {
    // The server is restarting, perhaps; the next look tells.
  }
  window.setTimeout(look, 500);
}

look();
