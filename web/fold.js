/** Folded parts of the settings page: a button that shows or hides the rows below it. The rows are ComfyUI's. */
import { say } from "./api.js"
import { button, make } from "./controls.js"

/** The rows of each part. settings.css hides them while the part's row is on the page and it is not open. */
export const FOLDED = {
  vendor: ["AccessKey", "SecretKey", "SessionToken"],
  advanced: ["UploadUrl", "GatewayPath", "TrustedHosts", "Timeout", "TaskTimeout", "ExitWait"]
}

/** A control for the part of that name; it opens by itself where something in the part is set. */
export function foldControl(name) {
  return (id) => {
    let touched = false
    const toggle = button("", () => {
      touched = true
      open(toggle.getAttribute("aria-expanded") !== "true")
    })
    toggle.setAttribute("aria-describedby", `${id}-label`)

    function open(on) {
      toggle.setAttribute("aria-expanded", String(on))
      toggle.textContent = say(on ? "fold_close" : "fold_open")
      document.body.classList.toggle(`volcv-show-${name}`, on)
    }

    open(false)
    return {
      element: make("div", { className: "volcv" }, make("div", { className: "volcv-row" }, toggle)),
      update({ fields }) {
        const set = ({ source, variable, problem } = {}) => problem || variable || (source && source !== "default")
        if (!touched && FOLDED[name].some((key) => set(fields[snake(key)]))) open(true)
      },
      fail() {}
    }
  }
}

const snake = (key) => key.replace(/\B[A-Z]/g, (letter) => `_${letter}`).toLowerCase()
