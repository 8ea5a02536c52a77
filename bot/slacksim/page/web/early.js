// Runs before the first paint, so that an open panel is visible at once.
"use strict";
document.documentElement.dataset.panel = sessionStorage.getItem("panel") ||
  (matchMedia("(min-width: 1181px)").matches ? "outbox" : "closed");
