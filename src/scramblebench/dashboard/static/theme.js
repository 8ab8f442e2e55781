"use strict";
// Before the page is drawn: the theme that was chosen here, else the system's.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch (error) {
  console.info("the theme is not remembered:", error.message);
}
