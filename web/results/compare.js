/** Two results over each other, with a slider between them. */
import { api } from "../../../scripts/api.js"
import { say } from "../api.js"
import { make } from "../controls.js"
import { pictureUrl } from "./source.js"
import { facts, modelTitle } from "./text.js"

/** Show two results that are pictures: the first left of the slider, the second right of it. */
export function compare([left, right]) {
  const [under, over] = [right, left].map((row) => {
    const alt = row.prompt || modelTitle(row)
    return make("img", { className: "volcv-r-half", src: pictureUrl(api, row, 0, false), alt, draggable: false })
  })
  const line = make("div", { className: "volcv-r-divider" })
  const slider = make("input", { type: "range", min: 0, max: 100, step: 0.1, value: 50 })
  slider.setAttribute("aria-label", say("results_compare_slider"))
  const frame = make("div", { className: "volcv-r-frame" }, under, over, line, slider)
  const draw = () => frame.style.setProperty("--at", `${slider.value}%`)
  slider.addEventListener("input", draw)
  draw()
  const icon = make("i", { className: "pi pi-times", "aria-hidden": "true" })
  const label = say("results_close")
  const close = make("button", { type: "button", className: "volcv-r-close", title: label, "aria-label": label }, icon)
  const caption = (row) =>
    make(
      "div",
      {},
      make("b", { textContent: modelTitle(row) }),
      make("div", { className: "volcv-r-quiet", textContent: facts(row).join(" \u00b7 ") }),
      make("div", { className: "volcv-r-quiet volcv-r-prompt", textContent: row.prompt, title: row.prompt })
    )
  const captions = make("div", { className: "volcv-r-captions" }, caption(left), close, caption(right))
  const dialog = make("dialog", { className: "volcv-r-viewer volcv-r-compare" }, frame, captions)
  dialog.setAttribute("aria-label", say("results_compare"))
  close.addEventListener("click", () => dialog.close())
  dialog.addEventListener("keydown", (event) => event.stopPropagation())
  dialog.addEventListener("close", () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
  slider.focus()
}
