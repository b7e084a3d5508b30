/** ComfyUI's settings dialog, opened at the pack's page. */
import { app } from "../../scripts/app.js"

const ENTRY = '[role=dialog] [data-nav-id="root/Volcengine CV"]'
const TRIES = 40
const MILLISECONDS = 50

/** The dialog's command takes no page, so its entry is clicked once it is there; else the dialog just stays open. */
export async function openSettings() {
  await app.extensionManager.command.execute("Comfy.ShowSettingsDialog")
  for (let tries = 0; tries < TRIES; tries++) {
    const entry = document.querySelector(ENTRY)
    if (entry) return entry.click()
    await new Promise((resolve) => setTimeout(resolve, MILLISECONDS))
  }
}
