/**
 * The pack's own message over the page, with buttons, which the host's messages lack. At the foot of the page: the
 * host's error box takes the top right.
 */
import { say } from "../api.js"
import { button, make } from "../controls.js"

const SECONDS = 6
let overlay = null
let timer = 0

export function closeOverlay() {
  clearTimeout(timer)
  overlay?.remove()
  overlay = null
}

/** Show content in place of what was open. `role`: "alert", "status" or "dialog". */
export function openOverlay(role, ...content) {
  closeOverlay()
  const close = button("\u00d7", closeOverlay, "close")
  close.setAttribute("aria-label", say("act_close"))
  overlay = make("div", { className: "volcv volcv-overlay", role }, close, ...content)
  // Keys typed here must not reach the canvas, whose shortcuts they are.
  overlay.addEventListener("keydown", (event) => {
    event.stopPropagation()
    if (event.key === "Escape") closeOverlay()
  })
  document.body.append(overlay)
}

/** A short message that goes by itself. */
export function tell(text) {
  openOverlay("status", make("p", { textContent: text }))
  timer = setTimeout(closeOverlay, SECONDS * 1000)
}
