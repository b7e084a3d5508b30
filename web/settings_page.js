/** Opens the pack's page of the settings dialog. The command names no page, so its entry is clicked. */
import { app } from "../../scripts/app.js"

const ENTRY = '[role="dialog"] [data-nav-id="root/Volcengine CV"]'
const TRIES = 40

export async function openSettings() {
  await app.extensionManager.command.execute("Comfy.ShowSettingsDialog")
  for (let tries = 0; tries < TRIES; tries++) {
    const entry = document.querySelector(ENTRY)
    if (entry) return entry.click()
    await new Promise((done) => setTimeout(done, 50))
  }
}
