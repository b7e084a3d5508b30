/**
 * What the pack's nodes showed last, for this session: by workflow and node, so that it is there again after a switch
 * of tabs, a reload of the page or another opening of the workflow.
 */
import { api } from "../../../scripts/api.js"
import { openWorkflow } from "./graph.js"

const NAME = "volcv.outputs"
const MOST = 200
const kept = new Map(read())

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(NAME)) ?? []
  } catch {
    return []
  }
}

/** The last output of a node of the open workflow. */
export function outputOf(id) {
  return kept.get(`${openWorkflow()}\n${id}`)
}

/** Remember an output: {volcv_status: [status], images?, animated?}. */
export function keep(path, id, output) {
  const key = `${path}\n${id}`
  kept.delete(key)
  kept.set(key, output)
  if (kept.size > MOST) kept.delete(kept.keys().next().value)
  // A run that this page no longer watches has no end.
  const ended = [...kept].filter(([, one]) => one.volcv_status[0]?.kind !== "running")
  try {
    sessionStorage.setItem(NAME, JSON.stringify(ended))
  } catch {
    // A full storage costs the memory of it, nothing else.
  }
}

/** Hand an output to the frontend as if the node had run: it then draws these pictures, or none. */
export function hand(id, promptId, output) {
  api.dispatchCustomEvent("executed", { node: id, display_node: id, prompt_id: promptId, output })
}
