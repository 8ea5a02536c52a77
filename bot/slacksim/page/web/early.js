// Runs before the first paint, so that an open inspector is visible at once.
"use strict";
document.documentElement.dataset.inspector = sessionStorage.getItem("inspector") || "closed";
