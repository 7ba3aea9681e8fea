/* Draws what companion.site.display left in the pages: Plotly figures and slice sliders. */
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
      "modebar.bgcolor": "rgba(0,0,0,0)",
      "modebar.color": "#888888",
      "modebar.activecolor": ink,
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
    holder.prepend(target);
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
      const eye = layout.scene?.camera?.eye;
      const phone = target.clientWidth < 500;
      if (eye && phone) {
        ["x", "y", "z"].forEach((axis) => (eye[axis] *= 1.4)); /* the box fits a phone */
      }
      const config = { responsive: true, displaylogo: false, ...figure.config };
      if (phone) config.displayModeBar = false; /* it would lie over the legend */
      await Plotly.newPlot(target, figure.data, layout, config);
      await Plotly.relayout(target, themed(target.layout));
      if (figure.frames?.length) await Plotly.addFrames(target, figure.frames);
      if (target.layout.scene) turnable(holder, target, Plotly);
      control(holder, target, Plotly);
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

  /* Let the arrow keys turn every scene of a figure, and a button turn it without end. */
  function turnable(holder, target, Plotly) {
    const scenes = Object.keys(target.layout).filter((key) => /^scene\d*$/.test(key));
    const turn = (around, up) => {
      const change = {};
      scenes.forEach((name) => {
        const { x, y, z } = target._fullLayout[name]._scene.getCamera().eye;
        const far = Math.hypot(x, y, z);
        const angle = Math.atan2(y, x) + around;
        const height = Math.max(-1.4, Math.min(1.4, Math.asin(z / far) + up));
        change[`${name}.camera.eye`] = {
          x: far * Math.cos(height) * Math.cos(angle),
          y: far * Math.cos(height) * Math.sin(angle),
          z: far * Math.sin(height),
        };
      });
      return Plotly.relayout(target, change);
    };
    const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    target.tabIndex = 0;
    target.setAttribute("role", "application");
    target.setAttribute("aria-label", `${holder.getAttribute("aria-label")} Arrow keys turn it.`);
    target.addEventListener("keydown", (event) => {
      if (!keys[event.key]) return;
      event.preventDefault();
      turn(...keys[event.key].map((step) => step * 0.12));
    });
    const button = document.createElement("button");
    button.type = "button";
    button.className = "shown-turn";
    button.textContent = "Turn";
    button.setAttribute("aria-pressed", "false");
    const on = () => button.getAttribute("aria-pressed") === "true";
    const step = async () => {
      await turn(0.02, 0);
      if (on()) requestAnimationFrame(step);
    };
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(!on()));
      if (on()) step();
    });
    target.after(button);
  }

  /* A plane of one value, written in short: companion.site.controls.constant. */
  const expanded = (value) => {
    if (Array.isArray(value)) return value.map(expanded);
    if (value?.rows === undefined) return value;
    const row = new Array(value.columns).fill(value.constant);
    return new Array(value.rows).fill(row);
  };

  /* Join the sliders and choices under a figure to it. */
  function control(holder, target, Plotly) {
    const box = holder.querySelector(".shown-controls");
    if (!box) return;
    const contents = JSON.parse(box.querySelector("script").textContent);
    box.querySelectorAll("label").forEach((label, index) => {
      const { updates, traces } = contents[index];
      const input = label.querySelector("input, select");
      const output = label.querySelector("output");
      input.addEventListener("input", async () => {
        const chosen = input.selectedIndex ?? Number(input.value);
        if (output) {
          output.textContent = JSON.parse(input.dataset.labels)[chosen];
          input.setAttribute("aria-valuetext", output.textContent);
        }
        const update = Object.entries(updates[chosen]).map(([key, value]) => [key, expanded(value)]);
        await Plotly.restyle(target, Object.fromEntries(update), traces);
      });
    });
    box.classList.add("ready");
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
