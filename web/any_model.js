/** The input req_key of the node Any model: suggests the known ones, and fills in the fields of the one that is chosen. */
import { app } from "../../scripts/app.js"

const LIST = "volcv-req-keys"
const DELAY = 400

const models = new Map()
let asked = null

/** The known models, once. The import comes late: without the widget the node would lose its input. */
function known() {
  asked ??= import("./api.js")
    .then(({ call }) => call("GET", "/models"))
    .then((answer) => {
      for (const one of answer.models) models.set(one.model, one)
      const title = ({ node, title, choice }) => {
        const shown = globalThis.LiteGraph?.registered_node_types?.[node]?.title ?? title
        return choice ? `${shown}: ${choice}` : shown
      }
      const options = [...models.values()].map((one) => {
        return Object.assign(document.createElement("option"), { value: one.model, label: title(one) })
      })
      document.getElementById(LIST)?.remove()
      const list = Object.assign(document.createElement("datalist"), { id: LIST })
      list.append(...options)
      document.body.append(list)
    })
    .catch(() => {
      asked = null // without suggestions until the next try
    })
  return asked
}

/** Fill in the fields of a known model, unless the body holds something of the user's own. */
function fillIn(node, key, filled) {
  const model = models.get(key)
  const body = node.widgets?.find((one) => one.name === "body")
  const own = body?.value?.trim() && body.value.trim() !== "{}" && body.value !== filled
  if (!model || !body || own) return filled
  const text = JSON.stringify(model.body, null, 2)
  for (const [name, value] of [["body", text], ["mode", model.mode]]) {
    const widget = node.widgets.find((one) => one.name === name)
    if (!widget) continue
    widget.value = value
    widget.callback?.(value)
  }
  return text
}

function suggesting(node, name, inputData) {
  const input = Object.assign(document.createElement("input"), { type: "text", className: "volcv-req-key" })
  input.setAttribute("list", LIST)
  Object.assign(input, { placeholder: name, title: inputData[1]?.tooltip ?? "", spellcheck: false, autocomplete: "off" })
  input.setAttribute("aria-label", name)
  input.value = inputData[1]?.default ?? ""
  let filled = ""
  let typing = 0
  const options = {
    getValue: () => input.value,
    setValue: (value) => {
      input.value = value ?? ""
    },
    getMinHeight: () => 30,
    getMaxHeight: () => 30,
    hideOnZoom: false
  }
  const widget = node.addDOMWidget(name, "VOLCV_REQ_KEY", input, options)
  input.addEventListener("focus", known)
  input.addEventListener("input", () => {
    widget.callback?.(input.value)
    clearTimeout(typing)
    typing = setTimeout(async () => {
      await known()
      filled = fillIn(node, input.value.trim(), filled)
    }, DELAY)
  })
  input.addEventListener("keydown", (event) => event.stopPropagation())
  return { widget }
}

app.registerExtension({
  name: "volcv.any_model",
  init() {
    const href = new URL("./any_model.css", import.meta.url).href
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }))
  },
  getCustomWidgets: () => ({ VOLCV_REQ_KEY: suggesting })
})
