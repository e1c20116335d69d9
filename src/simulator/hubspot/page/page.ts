import { pageFrame } from './pageFrame';
import { pageScript } from './pageScript';

/** The page at `/`: one HTML document that reads the control plane's JSON. */
export const page = pageFrame(
  `  <p id="account"></p>
  <p id="trouble" role="alert"></p>
`,
  `<main>
  <nav aria-label="Object types"><h2>Objects</h2><div id="types"></div></nav>
  <section aria-label="Records">
    <div class="bar">
      <input id="q" type="search" placeholder="Search any value or id" aria-label="Search any value or id">
      <span id="range" class="dim"></span>
      <button id="back" type="button">Back</button>
      <button id="next" type="button">Next</button>
    </div>
    <div class="scroll"><table><thead><tr id="head"></tr></thead><tbody id="rows"></tbody></table></div>
    <div class="empty" id="none" hidden></div>
  </section>
  <section id="record" aria-label="Record"></section>
</main>
<section id="stats" aria-label="Calls">
  <h2>Calls since the last reset</h2>
  <div class="tiles" id="tiles"></div>
  <div class="scroll"><table><tbody id="calls"></tbody></table></div>
</section>
<script>${pageScript}</script>`,
);
