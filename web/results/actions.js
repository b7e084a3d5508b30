/** What can be done with a result besides looking at it. */
import { app } from "../../../scripts/app.js"
import { call, say } from "../api.js"

/** A message that goes away by itself, later if it is longer. */
export function toast(severity, summary, detail = "") {
  app.extensionManager.toast.add({ severity, summary, detail, life: detail.length > 80 ? 15000 : 4000 })
}

/** Put a text onto the clipboard and say so. Pages that are not on https or localhost have the old way only. */
export async function copy(text, home = document.body, words = {}) {
  const { done = say("results_copied"), failed = say("results_not_copied") } = words
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text)
    else copyOldWay(text, home)
    toast("success", done, text)
  } catch (error) {
    toast("error", failed, error.message)
  }
}

function copyOldWay(text, home) {
  const focused = document.activeElement
  const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true })
  field.style.position = "fixed"
  home.append(field) // within an open dialog, or it could not be selected
  field.select()
  const done = document.execCommand("copy")
  field.remove()
  focused?.focus()
  if (!done) throw new Error(text)
}

/** Mark results as favourites, which are never evicted, or no longer. Its list notices by itself. */
export async function markFavourite(ids, favourite) {
  try {
    await call("POST", "/results/favourite", { ids, favourite })
  } catch (error) {
    toast("error", say("results_not_marked"), error.message)
  }
}

/** Delete results; whether it was done. */
export async function deleteResults(ids) {
  try {
    const { deleted } = await call("POST", "/results/delete", { ids })
    toast("success", deleted === 1 ? say("results_deleted") : say("results_deleted_several", { count: deleted }))
    return true
  } catch (error) {
    toast("error", say("results_not_deleted"), error.message)
    return false
  }
}
