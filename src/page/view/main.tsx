import { render } from "preact";
import { App } from "./app.tsx";
import { filesOf, pageData } from "./files.ts";

const data = pageData();
const root = document.getElementById("page");
document.title = data.title;
if (root !== null) render(<App data={data} first={filesOf(data)} />, root);
