import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      complexity: ["error", 12],
      "max-len": ["error", 120],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  { files: ["gan/app/components/**/*.js", "gan/export/report/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["gan/app/components/door/*.js"], languageOptions: { sourceType: "script" } },
  { files: ["gan/app/components/**/worker.js"], languageOptions: { globals: globals.worker } },
  { files: ["tests/js/**/*.js"], languageOptions: { globals: globals.node } },
  { files: ["tests/browser/*.js"], languageOptions: { globals: globals.browser, sourceType: "script" } },
  { ignores: [".venv/", "gan/vendor/"] },
];
