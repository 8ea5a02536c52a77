// Runs before the page is drawn, so that an open inspector does not flicker in.
"use strict";
document.documentElement.dataset.inspector = sessionStorage.getItem("inspector") || "closed";
