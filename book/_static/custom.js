/* Draws what shalelib.report.display left in the pages: Plotly figures and slice sliders. */
(() => {
  "use strict";

  const root = document.documentElement;
  const dark = () => root.dataset.theme === "dark";

  const colours = () =>
    dark()
      ? { ink: "#d9d6cf", line: "#3a4147", paper: "#1e2226" }
      : { ink: "#24292e", line: "#ddd6c8", paper: "#ffffff" };

  /* Settings that make a figure follow the theme, for every axis and scene it has. */
  function themed(layout) {
    const { ink, line, paper } = colours();
    const change = {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      "font.color": ink,
      "hoverlabel.bgcolor": paper,
      "hoverlabel.font.color": ink,
    };
    const axis = (name) => {
      change[`${name}.gridcolor`] = line;
      change[`${name}.zerolinecolor`] = line;
      change[`${name}.linecolor`] = ink;
    };
    Object.keys(layout).forEach((key) => {
      if (/^[xy]axis\d*$/.test(key)) axis(key);
      if (/^scene\d*$/.test(key)) {
        ["xaxis", "yaxis", "zaxis"].forEach((name) => {
          axis(`${key}.${name}`);
          change[`${key}.${name}.backgroundcolor`] = "rgba(0,0,0,0)";
        });
      }
    });
    return change;
  }

  let library;
  function plotly() {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root.dataset.content_root}_static/vendor/plotly.min.js`;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error(`${script.src} could not be loaded`));
      document.head.append(script);
    });
    return library;
  }

  async function draw(holder) {
    const figure = JSON.parse(holder.querySelector('script[type="application/json"]').textContent);
    const target = document.createElement("div");
    target.style.height = holder.style.minHeight;
    holder.append(target);
    try {
      const Plotly = await plotly();
      const layout = {
        xaxis: {},
        yaxis: {},
        margin: { l: 60, r: 20, t: figure.layout.title ? 60 : 20, b: 50 },
        ...figure.layout,
        autosize: true,
      };
      layout.font = { family: getComputedStyle(root).getPropertyValue("--book-sans"), ...layout.font };
      delete layout.width;
      const config = { responsive: true, displaylogo: false, ...figure.config };
      await Plotly.newPlot(target, figure.data, layout, config);
      await Plotly.relayout(target, themed(target.layout));
      if (figure.frames?.length) await Plotly.addFrames(target, figure.frames);
      new MutationObserver(() => Plotly.relayout(target, themed(target.layout))).observe(root, {
        attributeFilter: ["data-theme"],
      });
      holder.classList.add("ready");
    } catch (error) {
      target.remove();
      const text = document.createElement("p");
      text.className = "shown-instead";
      text.textContent = `${holder.getAttribute("aria-label")} (The interactive figure could not be drawn: ${error.message}.)`;
      holder.append(text);
      console.error(error);
    }
  }

  function slider(holder) {
    const { labels, panels } = JSON.parse(
      holder.querySelector('script[type="application/json"]').textContent,
    );
    const input = holder.querySelector("input");
    const output = holder.querySelector("output");
    const images = holder.querySelectorAll("img");
    const show = () => {
      const index = Number(input.value);
      images.forEach((image, panel) => {
        image.src = panels[panel][index];
        image.alt = `${image.dataset.title} ${labels[index]}`.trim();
      });
      output.textContent = labels[index];
      input.setAttribute("aria-valuetext", labels[index]);
    };
    input.addEventListener("input", show);
    show();
    holder.classList.add("ready");
  }

  document.querySelectorAll(".shown-slices").forEach(slider);

  /* A figure is drawn when the reader comes near it: a page may hold many. */
  const near = new IntersectionObserver(
    (entries) =>
      entries
        .filter((entry) => entry.isIntersecting)
        .forEach((entry) => {
          near.unobserve(entry.target);
          draw(entry.target);
        }),
    { rootMargin: "600px" },
  );
  document.querySelectorAll(".shown-plotly").forEach((holder) => near.observe(holder));

  /* Wide tables scroll; let the keyboard reach them. */
  document.querySelectorAll(".pst-scrollable-table-container").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  });
})();
