/** What the sidebar tab shows while there is no result: the ways to the first one. */
import { app } from "../../../scripts/app.js"
import { say } from "../api.js"
import { button, make } from "../controls.js"
import { openSettings } from "../settings_page.js"
import { SANDBOX } from "./head.js"

export class StartPage {
  constructor(head) {
    this.head = head
    this.element = make("div", { className: "volcv-r-start", hidden: true })
    this.element.addEventListener("click", ({ target }) => target.closest("button")?.blur())
  }

  /** `status`: of the server, as the settings show it. */
  update(status) {
    const sandbox = status.profile === SANDBOX
    const ready = status.configured
    const fixed = !status.writable || Boolean(status.active_variable)
    const leave = () => this.head.choose(sandbox ? status.before_sandbox : SANDBOX)
    const connected = ready && !sandbox
    this.element.replaceChildren(
      card("key", "start_connect", connected ? "start_connected" : "start_connect_hint", {
        done: connected && say("start_connected_to", { name: status.profile }),
        act: button(say(connected ? "results_settings" : "start_enter_key"), openSettings, ready ? "" : "primary")
      }),
      card("box", "start_sandbox", sandbox ? "start_sandbox_on" : "start_sandbox_hint", {
        done: sandbox && say("start_is_on"),
        act: Object.assign(button(say(sandbox ? "start_leave" : "start_try"), leave), { disabled: fixed, title: status.refusal })
      }),
      card("images", "start_templates", ready ? "start_templates_hint" : "start_templates_later", {
        act: button(say("start_browse"), browse, ready ? "primary" : "")
      })
    )
  }
}

const browse = () => app.extensionManager.command.execute("Comfy.BrowseTemplates")

function card(icon, title, hint, { done, act }) {
  const mark = done ? [make("span", { className: "volcv-r-done", textContent: done })] : []
  return make(
    "section",
    { className: "volcv-r-card" },
    make("h3", {}, make("i", { className: `pi pi-${icon}`, "aria-hidden": "true" }), say(title), ...mark),
    make("p", { textContent: say(hint) }),
    act
  )
}
