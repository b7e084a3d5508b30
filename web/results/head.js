/** The head of the sidebar tab: its title, the profile in force with a way to switch it, the settings. */
import { call, say } from "../api.js"
import { fill, make } from "../controls.js"
import { openSettings } from "../settings_page.js"
import { toast } from "./actions.js"

export const SANDBOX = "sandbox"

export class Head {
  status = null
  #setup = null

  /** `changed(status)` is told what is set up. */
  constructor(title, changed) {
    this.changed = changed
    this.profiles = make("select", { className: "volcv-r-profile", disabled: true, "aria-label": say("results_profile") })
    this.profiles.addEventListener("change", () => this.choose(this.profiles.value))
    const label = say("results_settings")
    const icon = make("i", { className: "pi pi-cog", "aria-hidden": "true" })
    const named = { title: label, "aria-label": label }
    const gear = make("button", { type: "button", className: "volcv-r-sign", onclick: openSettings, ...named }, icon)
    this.element = make("header", {}, make("h2", { textContent: title }), this.profiles, gear)
  }

  /** Ask again whenever `setup` is another one. */
  async refresh(setup) {
    if (setup === this.#setup) return
    this.#setup = setup
    try {
      this.#draw(await call("GET", "/status"))
    } catch {
      this.#setup = null // the next poll asks again
    }
  }

  /** Switch to another profile. */
  async choose(active) {
    try {
      this.#draw(await call("POST", "/profile", { active }))
    } catch (error) {
      toast("error", say("results_not_switched"), error.message)
      if (this.status) this.#draw(this.status)
    }
  }

  #draw(status) {
    this.status = status
    const names = [...new Set([...status.profiles, SANDBOX, status.profile])]
    fill(this.profiles, names.map((one) => [one, one === SANDBOX ? say("results_profile_sandbox") : one]), status.profile)
    this.profiles.disabled = !status.writable || Boolean(status.active_variable)
    this.profiles.title = status.refusal || status.problem || say("results_profile")
    this.profiles.classList.toggle("volcv-r-sandbox", status.profile === SANDBOX)
    this.profiles.classList.toggle("volcv-r-bad", !status.configured)
    this.changed(status)
  }
}
