//! File extensions, names and folders by which a word is recognised as a file.
//!
//! Sorted lists without rules; `names` uses them.

use crate::lists::list;

/// Extensions of files in plans, in lower case.
pub(super) const ENDINGS: &[&str] = list!(
    "aab abap adb adoc aif aiff als apk arrow asc asciidoc asd asm aspx astro avif avro avsc bak bash bat bats bazel \
    bib bicep bin blend bmp bnf bst bzl c cast cbl cc cfg cjs cjson clj cljc cljs cmake cmd cob coffee conf conllu \
    cpp crt crx cs csh cshtml csproj csr css csv cts cu cue cuh cxx cypher dart dat db dbf deb defaults desktop dfy \
    dhall diff dist dll dmg doc docx dot drawio dta dtd dts dtsi dxf dylib ebnf ebuild edn eex ejs elm eml env eps \
    epub erb erl ex example exs f03 f90 f95 fbx feather fig fish flac fnl fnt fods fodt fs fsi fsproj fsx fxml g4 \
    gbr gd gdshader gemspec geojson geojsonl gguf gif glb gleam glsl gltf gmi go gpkg gpx gql gradle graphql groovy \
    gs gyp gz h haml hbs hcl heex heic hex hh hjson hlsl hpp hrl hs htm html hurl hxx icns ico ics indd ini inl ino \
    ipynb iss j2 janet jar java jbuilder jinja jinja2 jl jpeg jpg js json json5 jsonc jsonl jsonld jsonnet jsp jsx \
    kdl keystore kml kmz ksh kt kts lalrpop latex lean less liquid lisp lkml lock log lpr lsp ltx lua m m3u m3u8 m4 \
    m4a maxpat mbtiles md mdc mdx mermaid mid midi mjml mjs mk mkv ml mli mm mmd mov mp3 mp4 mscz msi mtl mts \
    musicxml mustache mxl nasl ndjson neon nfo nim nims nix njk nml npy npz nsi nuspec odin odp ods odt ogg onnx \
    opus otf overlay ovpn p12 parquet pas patch pbxproj pdf pem pfx php phtml pickle pid pkl pl plist png po podspec \
    pot pptx prisma prj prof proto ps1 psd psm1 pub pug purs pxd py pyi pyproj pyw pyx qmd qml r rake raml razor rb \
    rds rego resx rkt rmd ron rpm rproj rs rst rtf rules sample sass sbt scad scala scm scpt scss service sh shp sig \
    sketch slim sln smithy so sol spec sql sqlite sqlite3 srt stl storekit strings sty styl sv svelte svg svh swift \
    tar tcl tcsh template tex textile tf tfrecord tfstate tfvars tgz thrift tif tiff timer tmpl toml topojson tpl \
    tres ts tscn tsv tsx ttf twig txt typ uf2 unity usdz vala vapi vb vbproj vbs vcf vcxproj vert vhd vhdl vsix vtt \
    vue wasm wast wat wav webm webp wgsl whl wit woff woff2 wsdl wsgi wxs xaml xcconfig xcf xcscheme xhtml xib xlf \
    xliff xls xlsm xlsx xml xquery xsd xsl xslt xspf yaml yang yml zig zip zon zsh"
);

/// Extensions of more than eight letters.
pub(super) const LONG_ENDINGS: &[&str] = list!(
    "applescript dockerfile entitlements intentdefinition kicad_pcb kicad_pro kicad_sch libsonnet mobileconfig \
    projbuild properties safetensors storyboard stringsdict sublime-project swiftinterface tmlanguage webmanifest \
    xcdatamodel xcprivacy xctestplan"
);

/// Extensions of folders that look like files.
pub(super) const BUNDLES: &[&str] = list!(
    "appiconset colorset imageset imagestack lproj playground symbolset xcassets xcdatamodeld xcframework xcodeproj \
    xcworkspace"
);

/// Whole file names without an extension of the lists above.
pub(super) const WHOLE: &[&str] = list!(
    ".babelrc .clang-format .clang-tidy .clasp .claspignore .coveragerc .dockerignore .editorconfig .env .envrc \
    .eslintrc .flake8 .gitattributes .gitignore .gitkeep .gitmodules .htaccess .keep .mailmap .npmignore .npmrc \
    .nvmrc .prettierrc .pylintrc .python-version .swiftlint.yml .tool-versions AUTHORS BUILD Brewfile CHANGELOG \
    CITATION.cff CNAME CODEOWNERS COPYING Caddyfile Containerfile Dockerfile Earthfile GNUmakefile Gemfile INSTALL \
    Jenkinsfile Justfile Kconfig LICENSE Makefile NOTICE Pipfile Podfile Procfile README Rakefile Tiltfile \
    Vagrantfile _headers _redirects go.sum go.work justfile py.typed"
);

/// Names with an extension that are products, sites or properties.
pub(super) const NOT_FILES: &[&str] = list!(
    "alpine.js angular.js anime.js asp.net backbone.js chart.js d3.js deno.json discord.js docs.rs embed.fs ember.js express.js \
    import.meta.env llama.cpp moment.js nest.js next.js node.js nuxt.js p5.js react.js socket.io three.js tone.js \
    vue.js whisper.cpp"
);

/// Objects whose properties look like files: `console.log`, `response.json`.
pub(super) const OBJECTS: &[&str] =
    list!("app console ctx math np os pd process r req request res resp response self sys this torch window");

/// Extensions that are also common property or method names.
pub(super) const PROPERTIES: &[&str] =
    &["bin", "c", "cfg", "conf", "db", "env", "example", "go", "h", "json", "lock", "log", "pid", "r", "spec"];

/// First parts of media types.
pub(super) const MIME: &[&str] =
    &["application", "audio", "font", "image", "message", "model", "multipart", "text", "video"];

/// Last parts of hidden files of tools: `.yamllint`, `.npmrc`.
pub(super) const HIDDEN: &[&str] =
    &["attributes", "config", "ignore", "keep", "lint", "modules", "rc", "rules", "version"];

/// Folders whose files have no extension: programs and hooks.
pub(super) const PROGRAM_FOLDERS: &[&str] = &[".githooks", ".husky", "bin", "hooks", "sbin", "scripts"];

/// Folders at the start of a project's paths.
pub(super) const TOP_FOLDERS: &[&str] = list!(
    "agents android api app apps assets backend build charts cli client cmd components config configs content core \
    crates data db deploy deployment docker docs e2e editors etc evals examples extensions fixtures frontend \
    functions include infra infrastructure integration internal ios k8s lib libs migrations modules packages pages \
    pkg plugins prisma prompts public resources runtime schemas scripts server services shared site skills source \
    sources spec specs src static supabase templates terraform test tests tools ui utils vendor web website"
);

/// Last parts of host names.
pub(super) const DOMAINS: &[&str] = &["ai", "app", "co", "com", "dev", "io", "net", "org", "so", "uk", "us"];

/// Files that a server provides at an address: `/openapi.json`.
pub(super) const SERVED: &[&str] =
    list!("/favicon.ico /health.json /manifest.json /openapi.json /robots.txt /sitemap.xml /swagger.json");
