/** The section "Volcengine CV" of ComfyUI's settings dialog. Nothing of it is stored in ComfyUI's own settings. */
import { app } from "../../scripts/app.js"
import { call, locale, say } from "./api.js"
import { actionSwitch, addStyle, fill, numberControl, secretControl, selectControl, switchControl, textControl } from "./controls.js"
import { change, renderer } from "./panel.js"
import { aboutControl, profileControl, testControl } from "./profile.js"
import { checkControl } from "./check.js"
import { foldControl } from "./fold.js"

const SECTION = "Volcengine CV"
const SANDBOX = "sandbox"

function sandboxControl(id) {
  let back = "default"
  return actionSwitch(
    id,
    (on) => change("POST", "/profile", { active: on ? SANDBOX : back }),
    (status, input, note) => {
      back = status.before_sandbox
      input.checked = status.profile === SANDBOX
      input.disabled = !status.writable || Boolean(status.active_variable)
      note.say(input.checked ? say("sandbox_back", { name: back }) : say("sandbox_hint"))
    }
  )
}

function languageControl(id) {
  return selectControl(
    id,
    (language) => change("POST", "/settings", { language }),
    (status, select, note) => {
      const choices = ["auto", "en", "zh"].map((choice) => [choice, say(`language_${choice}`)])
      fill(select, choices, status.language_variable ? status.language_in_force : status.language)
      select.disabled = !status.writable || Boolean(status.language_variable)
      const variable = status.language_variable
      note.say(variable ? say("from_environment", { variable }) : "")
    }
  )
}

// ComfyUI takes names and tooltips in other languages from locales/<language>/settings.json, those of groups from
// main.json. First what to fill in, then the test; what few people need is folded, see FOLDED.
const GROUPS = {
  Connect: [
    ["Sandbox", "Try without a key: sandbox", sandboxControl, "A stand-in service on this computer that draws pictures marked SANDBOX."],
    ["BaseUrl", "Gateway address", textControl("base_url", "https://gateway.example"), "Scheme and host of the gateway; the path is added. Leave it empty to call Volcengine itself with an access key."],
    ["ApiKey", "API key", secretControl("api_key"), "The gateway's key. Kept on the server in a file that only its owner can read; never shown again, never in a workflow."],
    ["Test", "Test the connection", testControl, "Proves that the address and the key work."],
    ["Check", "Check everything that is free", checkControl, "Address, key, clock, a task that does not exist, and the upload of a tiny picture. Never charged."],
    ["Profile", "Active profile", profileControl, "A set of address, keys and habits. All nodes use the active one."]
  ],
  "Vendor service": [
    ["FoldVendor", "Access key for signed calls", foldControl("vendor"), "Only without a gateway: for calls to Volcengine's own service."],
    ["AccessKey", "Access key ID", secretControl("access_key"), "For Volcengine's own service with signed calls. Not used while an API key is set."],
    ["SecretKey", "Secret access key", secretControl("secret_key"), "Belongs to the access key ID."],
    ["SessionToken", "Session token", secretControl("session_token"), "Only for temporary access keys."]
  ],
  Execution: [
    ["Reuse", "Reuse results", switchControl("reuse"), "An identical request with a fixed seed gets its stored result and is not charged again."],
    ["Lossless", "Lossless upload", switchControl("lossless"), "Send pictures as PNG instead of JPEG quality 95. Larger and slower."],
    ["MaxConcurrency", "Calls at the same time", numberControl("max_concurrency", 1), "How many calls may be in flight; lowered by itself while the service says there are too many."],
    ["StoreLimit", "Space for results (MB)", numberControl("store_limit_mb", 1), "Stored results beyond this are deleted, least recently used first."]
  ],
  Costs: [
    ["DailyLimit", "Charged calls per day, at most", numberControl("daily_limit", 1), "Further calls are refused before they are sent. 0: no limit."],
    ["MonthlyLimit", "Charged calls per month, at most", numberControl("monthly_limit", 1), "Further calls are refused before they are sent. 0: no limit."],
    ["Prices", "Prices of your gateway", textControl("prices", "CNY, 0.1, jimeng_t2i_v40=0.2/picture"), "A currency and amounts; one without a req_key is that of all others. Per call, /picture or /second. Empty: list prices of Volcengine's own service."],
    ["DailyBudget", "Money per day, at most (estimated)", numberControl("daily_budget", "any"), "In the currency of the prices; calls without a known price do not count. 0: no limit."],
    ["MonthlyBudget", "Money per month, at most (estimated)", numberControl("monthly_budget", "any"), "In the currency of the prices; calls without a known price do not count. 0: no limit."]
  ],
  Advanced: [
    ["FoldAdvanced", "Addresses and time limits", foldControl("advanced"), "Rarely needed."],
    ["UploadUrl", "Upload address for pictures", textControl("upload_url", "https://gateway.example/v1/files"), "For models that take links to pictures: gets a picture as multipart field file and answers with url. Empty: pictures travel inside the request and, if the service refuses that, through the gateway's own upload."],
    ["GatewayPath", "Path of the API", textControl("gateway_path", "/volcv/v1"), "The gateway's path for these calls, if it is not /volcv/v1."],
    ["TrustedHosts", "Trusted hosts", textControl("trusted_hosts", "minio.lan, 100.64.0.0/10"), "Names, addresses and networks in your own network that result links may lead to, such as an object store in the LAN or in Tailscale. Everything else that is not public stays blocked."],
    ["Timeout", "Time limit (seconds)", numberControl("timeout", "any"), "How long to wait for one answer."],
    ["TaskTimeout", "Time limit of a task (seconds)", numberControl("task_timeout", "any"), "How long to wait for the result of a task, such as a video. The task is kept, and the next run takes it up again."],
    ["ExitWait", "Wait on exit (seconds)", numberControl("exit_wait", "any"), "How long a stopping ComfyUI or command waits for calls that are at the service."]
  ],
  Other: [
    ["Language", "Language of messages", languageControl, "Errors and status lines on the nodes."],
    ["About", "Version and folder", aboutControl, "Where settings and results are kept."]
  ]
}

function settings() {
  const all = Object.entries(GROUPS).flatMap(([group, items]) => items.map((item) => [group, ...item]))
  return all.map(([group, key, name, build, tooltip], position) => ({
    id: `Volcv.${key}`,
    name,
    tooltip,
    category: [SECTION, group, name],
    sortOrder: all.length - position,
    type: renderer(`Volcv.${key}`, build),
    defaultValue: null
  }))
}

function tellLocale() {
  // The server cannot know the browser's language, which ComfyUI uses until the user chooses one.
  call("POST", "/locale", { locale: locale() }).catch(() => {})
}

app.registerExtension({
  name: "volcv.settings",
  settings: settings(),
  init: () => addStyle(import.meta.url, "settings.css"),
  setup() {
    tellLocale()
    app.ui?.settings?.addEventListener?.("Comfy.Locale.change", () => setTimeout(tellLocale))
  }
})
