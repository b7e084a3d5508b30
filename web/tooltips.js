// The frontend gives the children of a dynamic combo the English tooltip of the schema, which wins over the
// translation. Without it the translated one is shown, in every language.
import { app } from "../../scripts/app.js"

const PREFIX = "Volcv_"

function dropChildTooltips(node) {
  if (!node.comfyClass?.startsWith(PREFIX)) return
  for (const widget of node.widgets ?? []) {
    if (widget.name.includes(".")) delete widget.tooltip
  }
}

app.registerExtension({
  name: "volcv.tooltips",
  // A saved graph chooses without the callback.
  loadedGraphNode: dropChildTooltips,
  nodeCreated(node) {
    if (!node.comfyClass?.startsWith(PREFIX)) return
    const combos = (node.widgets ?? []).filter((widget) =>
      node.widgets.some((other) => other.name.startsWith(`${widget.name}.`)),
    )
    dropChildTooltips(node)
    for (const combo of combos) {
      const chosen = combo.callback
      combo.callback = function (...values) {
        const result = chosen?.apply(this, values)
        // The children of the new choice are made after this callback.
        queueMicrotask(() => dropChildTooltips(node))
        return result
      }
    }
  },
})
