/** The state that the controls of the settings panel share: one status of the server, one queue of changes. */
import { call } from "./api.js"

const controls = new Map()
let status = null
let changes = Promise.resolve()
let asked = false

/**
 * A ComfyUI settings renderer. `build(id)` gives {element, update(status), fail(error)}; ComfyUI stores nothing,
 * because the setter it offers is never called.
 */
export function renderer(id, build) {
  return () => {
    const control = build(id)
    controls.set(id, control)
    if (status) control.update(status)
    refreshSoon()
    return control.element
  }
}

/** Many controls appear at once when the dialog opens; the server is asked once. */
function refreshSoon() {
  if (asked) return
  asked = true
  setTimeout(async () => {
    asked = false
    try {
      await changes.catch(() => {})
      show(await call("GET", "/status"))
    } catch (error) {
      controls.forEach((control) => control.fail?.(error))
    }
  })
}

function show(fresh) {
  status = fresh
  controls.forEach((control) => control.update(fresh))
}

/** Let all controls show the state again. */
export function redraw() {
  if (status) show(status)
}

/**
 * Send a change after the ones before it; all controls then show what the server answered, and the window gets the
 * event "volcv.changed" with it.
 */
export function change(method, path, body) {
  const sent = changes
    .catch(() => {})
    .then(() => call(method, path, body))
    .then((fresh) => {
      show(fresh)
      window.dispatchEvent(new CustomEvent("volcv.changed", { detail: fresh }))
      return fresh
    })
  changes = sent
  sent.catch(() => {})
  return sent
}

/** Resolves when no change is under way; rejects if the last one was refused. */
export function settled() {
  return changes
}
