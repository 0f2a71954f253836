// Starts everything that the desk's pages declare. Each module's first lines tell its data attributes; docs/front-end.md lists them.
import * as combobox from "./combobox.js";
import * as confirm from "./confirm.js";
import * as counter from "./counter.js";
import * as dialog from "./dialog.js";
import * as draft from "./draft.js";
import * as exchange from "./exchange.js";
import * as focus from "./focus.js";
import * as keys from "./keys.js";
import * as live from "./live.js";
import * as once from "./once.js";
import * as palette from "./palette.js";
import * as presence from "./presence.js";
import * as reveal from "./reveal.js";
import * as rows from "./rows.js";
import * as session from "./session.js";
import * as suggest from "./suggest.js";
import * as tabs from "./tabs.js";
import * as timer from "./timer.js";
import * as toast from "./toast.js";

for (const part of [combobox, tabs, dialog, confirm, once, draft, counter, keys, palette, rows, reveal, suggest, presence, timer, toast, exchange, session, live, focus]) part.start();
document.documentElement.dataset.ready = "yes";
