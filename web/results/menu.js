/** A menu of ours over the page. */
import { make } from "../controls.js"

let close = () => {}

/**
 * Open a menu at a point of the page. `items`: {icon, label, action, danger, disabled, hint}; falsy ones are left out.
 * The focus goes back when it closes.
 */
export function openMenu(x, y, items) {
  close()
  const focused = document.activeElement
  const element = make("div", { className: "volcv-results volcv-r-menu", role: "menu" })
  const buttons = items.filter(Boolean).map(({ icon, label, action, danger, disabled, hint = "" }) => {
    const sign = make("i", { className: `pi pi-${icon}`, "aria-hidden": "true" })
    const text = make("span", { textContent: label })
    const run = () => {
      close()
      action()
    }
    const className = danger ? "volcv-r-danger" : ""
    return make("button", { type: "button", role: "menuitem", disabled, title: hint, className, onclick: run }, sign, text)
  })
  element.append(...buttons)
  const leave = (event) => {
    if (!element.contains(event.target)) close()
  }
  close = () => {
    close = () => {}
    element.remove()
    removeEventListener("pointerdown", leave, true)
    removeEventListener("wheel", leave, true)
    focused?.focus?.({ preventScroll: true })
  }
  element.addEventListener("keydown", (event) => {
    event.stopPropagation()
    const enabled = buttons.filter((one) => !one.disabled)
    const at = enabled.indexOf(document.activeElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key]
    if (event.key === "Escape" || event.key === "Tab") close()
    else if (to === undefined) return
    else enabled.at(to % enabled.length)?.focus()
    event.preventDefault()
  })
  addEventListener("pointerdown", leave, true)
  addEventListener("wheel", leave, true)
  document.body.append(element)
  const { offsetWidth, offsetHeight } = element
  element.style.left = `${Math.max(4, Math.min(x, innerWidth - offsetWidth - 4))}px`
  element.style.top = `${Math.max(4, Math.min(y, innerHeight - offsetHeight - 4))}px`
  buttons.find((one) => !one.disabled)?.focus()
}
