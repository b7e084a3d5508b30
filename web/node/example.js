/** Shows the picture of an Example picture node before it has run, and when another picture is chosen. */
import { app } from "../../../scripts/app.js"
import { call } from "../api.js"
import { allNodes, widgetOf } from "./graph.js"
import { hand } from "./outputs.js"

const isExample = (node) => node.comfyClass === "Volcv_example_picture"

async function fill(wanted) {
  for (const [id, node] of allNodes()) {
    if (!isExample(node) || (wanted && node !== wanted)) continue
    const name = widgetOf(node, "picture")?.value
    const output = await call("GET", `/example/${encodeURIComponent(name)}`).catch(() => null)
    if (!output?.images?.length || widgetOf(node, "picture")?.value !== name) continue
    hand(id, "", output)
    node.setDirtyCanvas(true, true) // the classic canvas takes pictures up when it draws
  }
}

app.registerExtension({
  name: "volcv.example",
  nodeCreated(node) {
    if (!isExample(node)) return
    const added = node.onAdded
    node.onAdded = function (...given) {
      added?.apply(this, given)
      setTimeout(() => fill(node))
    }
    const widget = widgetOf(node, "picture")
    const chosen = widget.callback
    widget.callback = function (...given) {
      const answer = chosen?.apply(this, given)
      fill(node)
      return answer
    }
  },
  afterConfigureGraph() {
    setTimeout(fill)
  }
})
