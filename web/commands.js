/** Commands of the palette, whose keys can be changed in ComfyUI's settings, and the entries of a node's menu. */
import { api } from "../../scripts/api.js"
import { app } from "../../scripts/app.js"
import { call, locale, say } from "./api.js"
import { openSettings } from "./settings_page.js"
import { copy, toast } from "./results/actions.js"
import { useInGraph } from "./results/graph.js"
import { openResults, showResult } from "./results/tab.js"

const SANDBOX = "sandbox"
const PREFIX = "Volcv_"
const FOLDER = new URL(".", import.meta.url).pathname

/** Run a command; what goes wrong is told in a toast. */
const told = (work) => async (...given) => {
  try {
    await work(...given)
  } catch (error) {
    toast("error", say("command_failed"), error.message)
  }
}

async function switchSandbox() {
  const status = await call("GET", "/status")
  const on = status.profile !== SANDBOX
  await call("POST", "/profile", { active: on ? SANDBOX : status.before_sandbox })
  toast("success", say(on ? "command_sandbox_on" : "command_sandbox_off", { name: status.before_sandbox }))
}

async function testKey() {
  const { ok, error, seconds, profile } = await call("POST", "/test", {})
  const text = say(profile === SANDBOX ? "test_ok_sandbox" : "test_ok", { seconds })
  toast(ok ? "success" : "error", say("test"), ok ? text : error)
}

async function newest(query = {}) {
  const { results } = await call("GET", `/results?${new URLSearchParams({ ...query, limit: 1 })}`)
  if (results.length === 0) throw new Error(say("command_no_result"))
  return results[0]
}

const COMMANDS = [
  ["OpenResults", "images", "Open results", openResults, "r"],
  ["RecallNewest", "history", "Recall the newest result", async () => useInGraph(await newest()), "n"],
  ["OpenSettings", "cog", "Open settings", openSettings, "s"],
  ["ToggleSandbox", "box", "Sandbox on or off", switchSandbox, "x"],
  ["TestKey", "key", "Test the key", testKey, ""]
].map(([name, icon, label, work, key]) => ({ id: `Volcv.${name}`, icon, label, work, key }))

/** The newest result of a node: of the call it stands for, or else of its model. */
function resultOf(node) {
  const value = (name) => node.widgets?.find((one) => one.name === name)?.value
  const query = value("request_id") ?? ""
  if (node.type.startsWith("Volcv_recall")) return newest({ query })
  return newest({ model: value("req_key") || node.type })
}

async function openPage(node) {
  const { models } = await call("GET", "/models")
  const key = node.widgets?.find((one) => one.name === "req_key")?.value
  const found = models.find((one) => one.model === key) ?? models.find((one) => one.node === node.type)
  if (!found?.page) throw new Error(say("node_no_page"))
  open(found.page, "_blank", "noopener")
}

/** ComfyUI shows help through the bar over a selected node only; without it, the page itself. */
async function openHelp(node) {
  app.canvas.deselectAll?.()
  app.canvas.selectNode(node)
  for (let tries = 0; tries < 20; tries++) {
    const button = document.querySelector('[data-testid="info-button"]')
    if (button) return button.click()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const language = locale().startsWith("zh") ? "zh" : "en"
  open(api.fileURL(`${FOLDER.slice(FOLDER.indexOf("/extensions"))}docs/${node.type}/${language}.md`), "_blank", "noopener")
}

function nodeItems(node) {
  const item = (content, work) => ({ content: say(content), callback: told(() => work(node)) })
  const ofResult = (work) => async () => work(await resultOf(node))
  const made = node.outputs?.some((one) => one.name === "response")
  return [
    made && item("node_open_result", ofResult(showResult)),
    made && item("node_copy_id", ofResult((row) => copy(row.name))),
    made && !node.type.startsWith("Volcv_recall") && item("node_page", openPage),
    item("node_help", openHelp)
  ].filter(Boolean)
}

app.registerExtension({
  name: "volcv.commands",
  commands: COMMANDS.map(({ id, icon, label, work }) => ({
    id,
    icon: `pi pi-${icon}`,
    label: `Volcengine CV: ${label}`,
    function: told(work)
  })),
  keybindings: COMMANDS.filter(({ key }) => key).map(({ id, key }) => ({
    combo: { key, alt: true, shift: true },
    commandId: id
  })),
  menuCommands: [{ path: ["Extensions", "Volcengine CV"], commands: COMMANDS.map(({ id }) => id) }],
  getNodeMenuItems(node) {
    if (!node.type?.startsWith(PREFIX)) return []
    return [{ content: "Volcengine CV", has_submenu: true, submenu: { options: nodeItems(node) } }]
  }
})
