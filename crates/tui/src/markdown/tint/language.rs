//! Properties of languages that a tint needs.

use super::Kind;

/// How lines are tinted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    None,
    Code,
    Diff,
    Markup,
}

/// Start, end, and what is between.
type Block = (&'static str, &'static str, Kind);

#[derive(Debug, Clone, Copy)]
pub(super) struct Language {
    pub(super) syntax: Syntax,
    pub(super) line_comments: &'static [&'static str],
    /// `true` if `#` begins a comment anywhere, not only after a space.
    pub(super) hash_anywhere: bool,
    pub(super) blocks: &'static [Block],
    pub(super) quotes: &'static str,
    /// `true` if `'` also begins names, as in Rust.
    pub(super) has_lifetimes: bool,
    keywords: &'static [&'static str],
    ignores_case: bool,
}

const C_BLOCKS: &[Block] = &[("/*", "*/", Kind::Comment)];
const JS_BLOCKS: &[Block] = &[("/*", "*/", Kind::Comment), ("`", "`", Kind::Text)];
const PYTHON_BLOCKS: &[Block] = &[("\"\"\"", "\"\"\"", Kind::Text), ("'''", "'''", Kind::Text)];

const C_LIKE: &[&str] = &[
    "abstract",
    "as",
    "async",
    "await",
    "auto",
    "bool",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "chan",
    "char",
    "class",
    "const",
    "continue",
    "crate",
    "debugger",
    "def",
    "default",
    "defer",
    "delete",
    "do",
    "double",
    "dyn",
    "else",
    "enum",
    "export",
    "extends",
    "extern",
    "final",
    "finally",
    "float",
    "fn",
    "for",
    "foreach",
    "from",
    "fun",
    "func",
    "function",
    "go",
    "goto",
    "if",
    "impl",
    "implements",
    "import",
    "in",
    "instanceof",
    "int",
    "interface",
    "internal",
    "is",
    "let",
    "long",
    "loop",
    "map",
    "match",
    "mod",
    "move",
    "mut",
    "namespace",
    "new",
    "object",
    "of",
    "operator",
    "override",
    "package",
    "private",
    "protected",
    "protocol",
    "pub",
    "public",
    "range",
    "record",
    "ref",
    "return",
    "select",
    "self",
    "Self",
    "short",
    "signed",
    "sizeof",
    "static",
    "string",
    "struct",
    "super",
    "switch",
    "template",
    "this",
    "throw",
    "throws",
    "trait",
    "try",
    "type",
    "typedef",
    "typename",
    "typeof",
    "union",
    "unsafe",
    "unsigned",
    "use",
    "using",
    "val",
    "var",
    "virtual",
    "void",
    "volatile",
    "when",
    "where",
    "while",
    "with",
    "yield",
];

const SCRIPT: &[&str] = &[
    "and", "as", "assert", "async", "await", "begin", "break", "case", "class", "continue", "def",
    "del", "do", "done", "elif", "else", "elsif", "end", "ensure", "esac", "except", "export",
    "fi", "finally", "for", "from", "function", "global", "if", "import", "in", "is", "lambda",
    "local", "match", "module", "next", "nonlocal", "not", "or", "pass", "raise", "require",
    "rescue", "return", "self", "then", "try", "unless", "until", "when", "while", "with", "yield",
];

const SQL: &[&str] = &[
    "add",
    "all",
    "alter",
    "and",
    "as",
    "asc",
    "begin",
    "between",
    "by",
    "case",
    "commit",
    "create",
    "delete",
    "desc",
    "distinct",
    "drop",
    "else",
    "end",
    "exists",
    "from",
    "full",
    "group",
    "having",
    "in",
    "index",
    "inner",
    "insert",
    "into",
    "is",
    "join",
    "key",
    "left",
    "like",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "primary",
    "references",
    "returning",
    "right",
    "rollback",
    "select",
    "set",
    "table",
    "then",
    "union",
    "unique",
    "update",
    "using",
    "values",
    "view",
    "when",
    "where",
    "with",
];

const LUA: &[&str] = &[
    "and", "break", "case", "class", "data", "do", "else", "elseif", "end", "for", "function",
    "if", "import", "in", "instance", "let", "local", "module", "not", "of", "or", "repeat",
    "return", "then", "type", "until", "where", "while",
];

const NONE: Language = Language {
    syntax: Syntax::None,
    line_comments: &[],
    hash_anywhere: false,
    blocks: &[],
    quotes: "",
    has_lifetimes: false,
    keywords: &[],
    ignores_case: false,
};

const CURLY: Language = Language {
    syntax: Syntax::Code,
    line_comments: &["//"],
    blocks: C_BLOCKS,
    quotes: "\"'",
    keywords: C_LIKE,
    ..NONE
};

const HASH: Language = Language {
    syntax: Syntax::Code,
    line_comments: &["#"],
    quotes: "\"'",
    keywords: SCRIPT,
    ..NONE
};

impl Language {
    /// Returns the language of an info string, such as `rust,ignore` or `{.python}`.
    pub(super) fn named(info: &str) -> Self {
        let name = info.trim_start_matches(['{', '.', ' ']);
        let end = name.find(|c: char| c.is_whitespace() || ",{}:;".contains(c));
        let name = end.and_then(|end| name.get(..end)).unwrap_or(name);
        match name.to_ascii_lowercase().as_str() {
            "rust" | "rs" => Self {
                has_lifetimes: true,
                ..CURLY
            },
            "js" | "javascript" | "jsx" | "ts" | "typescript" | "tsx" | "mjs" | "go" | "golang"
            | "vue" | "svelte" => Self {
                blocks: JS_BLOCKS,
                ..CURLY
            },
            "c" | "h" | "cpp" | "c++" | "cc" | "hpp" | "cs" | "csharp" | "c#" | "java"
            | "kotlin" | "kt" | "swift" | "scala" | "dart" | "php" | "zig" | "objc" | "groovy"
            | "proto" | "protobuf" | "css" | "scss" | "less" | "json" | "json5" | "jsonc"
            | "jsonl" | "solidity" => CURLY,
            "python" | "py" | "python3" | "pycon" | "starlark" => Self {
                hash_anywhere: true,
                blocks: PYTHON_BLOCKS,
                ..HASH
            },
            "sh" | "bash" | "zsh" | "shell" | "console" | "fish" | "yaml" | "yml"
            | "dockerfile" | "docker" | "make" | "makefile" | "ini" | "conf" | "nix" => HASH,
            "toml" | "ruby" | "rb" | "perl" | "pl" | "r" | "julia" | "jl" | "elixir" | "ex"
            | "powershell" | "ps1" | "terraform" | "hcl" | "tf" | "cmake" | "graphql" => Self {
                hash_anywhere: true,
                ..HASH
            },
            "sql" | "postgres" | "postgresql" | "mysql" | "sqlite" | "plsql" => Self {
                line_comments: &["--"],
                blocks: C_BLOCKS,
                keywords: SQL,
                ignores_case: true,
                ..CURLY
            },
            "lua" | "haskell" | "hs" | "elm" | "ada" => Self {
                line_comments: &["--"],
                blocks: &[],
                keywords: LUA,
                ..CURLY
            },
            "diff" | "patch" => Self {
                syntax: Syntax::Diff,
                ..NONE
            },
            "html" | "xml" | "svg" | "xhtml" => Self {
                syntax: Syntax::Markup,
                ..NONE
            },
            _ => NONE,
        }
    }

    pub(super) fn is_keyword(&self, word: &str) -> bool {
        if self.ignores_case {
            let word = word.to_ascii_lowercase();
            return self.keywords.contains(&word.as_str());
        }
        self.keywords.contains(&word)
    }
}
