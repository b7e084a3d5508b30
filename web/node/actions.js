/** What the buttons of a status and of the overlay do. */
import { app } from "../../../scripts/app.js"
import { say } from "../api.js"
import { button, make } from "../controls.js"
import { change } from "../panel.js"
import { openSettings } from "../settings_page.js"
import { enterKey } from "./key_form.js"
import { closeOverlay, openOverlay, tell } from "./overlay.js"

const run = () => app.extensionManager.command.execute("Comfy.QueuePrompt")

const ACTIONS = {
  sandbox: [
    "act_sandbox",
    async () => {
      await change("POST", "/profile", { active: "sandbox" })
      tell(say("sandbox_on"))
      await run()
    }
  ],
  key: ["act_key", () => enterKey(buttons(["run", "settings"]))],
  settings: ["act_settings", openSettings],
  retry: ["act_retry", run],
  run: ["act_run", run]
}

/** A row of buttons by the names that the server gives, the first one as the obvious choice. */
export function buttons(names) {
  const known = names.filter((name) => name in ACTIONS)
  return make(
    "div",
    { className: "volcv-actions" },
    ...known.map((name, place) => button(say(ACTIONS[name][0]), () => act(ACTIONS[name][1]), place ? "" : "primary"))
  )
}

async function act(work) {
  closeOverlay()
  try {
    await work()
  } catch (error) {
    tell(error.message)
  }
}

/** Offer what helps after an error or before the first run: a status of the server's with lines and actions. */
export function offer({ lines, actions = [] }) {
  if (!actions.length) return
  const [remedy, problem = ""] = lines
  openOverlay("alert", make("p", { textContent: [problem, remedy].filter(Boolean).join(" ") }), buttons(actions))
}
