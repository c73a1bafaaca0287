"use strict";
// Draws every chart of the page, one after the other, so that the page stays quick to scroll meanwhile.
(async () => {
  const { specs, config, locale } = JSON.parse(document.getElementById("charts").textContent);
  const options = {
    ast: true, actions: false, renderer: "svg", defaultStyle: false, formatLocale: locale, config,
    tooltip: false,
  };
  for (const place of document.querySelectorAll("[data-chart]")) {
    await new Promise((resume) => setTimeout(resume));
    await window.vegaEmbed(place, specs[place.dataset.chart], options);
    // The place says what the chart says, and a table has its figures: its hundred marks would only be noise to a screen reader.
    place.querySelector("svg").setAttribute("aria-hidden", "true");
  }
  document.documentElement.dataset.drawn = "yes";
})();
