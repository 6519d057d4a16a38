use super::support::Home;

const SUMMARY: &str = r#"
name: summary
short: Sum up files
flags:
  - {name: concise, type: bool, default: false, help: Few words}
  - {name: bullet_points, type: bool, default: true}
  - {name: tone, type: choice, choices: [dry, warm], default: dry, shortFlag: t}
  - {name: lines, type: int, default: 3}
  - {name: tags, type: stringList}
  - {name: code, type: fileList}
  - {name: file, type: stringFromFile, help: More text}
arguments:
  - {name: topic, type: string, required: true}
system-prompt: You sum up {{ .topic }}.
prompt: |
  {{ define "list" }}{{ range $i, $own := . }}{{ add $i 1 }}. {{ $own }}
  {{ end }}{{ end -}}
  Sum up {{ .topic | upper }} in {{ .lines }} lines, {{ .tone }}.
  {{- if .concise }} Be concise.{{ end }}
  {{- if not .bullet_points }} No bullet points.{{ end }}
  {{- if .tags }} Tags: {{ join ", " .tags }}.{{ end }}
  {{- if has "x" .tags }} With x.{{ end }}
  {{- range .code }}
  {{ .Path }} ({{ trimPrefix "." .Extension }}): {{ .Content }}
  {{- end }}
  {{- if .file }}
  {{ .file }}{{ end }}
factories:
  openai: {client: {timeout: 3}, completion: {engine: gpt-file, temperature: 0.5}}
"#;

async fn prompt(home: &Home, line: &str) -> (String, String) {
    let shown = home.ok(&format!("run {line} --print-prompt"), "").await;
    let turn = geppetto_turns::Turn::from_yaml(&shown).unwrap();
    let last = turn.blocks.last().unwrap().text().unwrap().to_owned();
    (turn.system_prompt().unwrap_or_default().to_owned(), last)
}

#[tokio::test]
async fn flags_and_arguments_fill_the_template() {
    let home = Home::new();
    home.write("s.yaml", SUMMARY);
    home.write("a.rs", "fn a() {}");
    home.write("more.txt", "And more.");
    let (system, text) = prompt(&home, "s.yaml bread").await;
    assert_eq!(system, "You sum up bread.");
    assert_eq!(text, "Sum up BREAD in 3 lines, dry.");
    let line = "s.yaml bread --concise --bullet-points=false -t warm --lines 5 --tags x,y --tags z \
                --code a.rs --file more.txt";
    let (_, text) = prompt(&home, line).await;
    assert_eq!(
        text,
        "Sum up BREAD in 5 lines, warm. Be concise. No bullet points. Tags: x, y, z. With x.\n\
         a.rs (rs): fn a() {}\nAnd more."
    );
}

#[tokio::test]
async fn a_flag_of_the_file_comes_before_one_of_ask_with_the_same_name() {
    let home = Home::new();
    home.write("s.yaml", SUMMARY);
    home.write("note.txt", "A note.");
    let (_, text) = prompt(&home, "s.yaml bread --ask-file note.txt").await;
    assert!(text.starts_with("note.txt:\n```\nA note.\n```"), "{text}");
    let help = home.ok("run s.yaml --help", "").await;
    for part in [
        "Sum up files",
        "--tone <CHOICE>",
        "[possible values: dry, warm]",
        "More text",
        "--ask-file",
    ] {
        assert!(help.contains(part), "{part} is not in {help}");
    }
}

#[tokio::test]
async fn settings_of_the_file_are_weaker_than_those_of_the_user() {
    let home = Home::new();
    home.write("s.yaml", SUMMARY);
    let shown = home.ok("run s.yaml bread --print-settings", "").await;
    assert!(
        shown.contains("gpt-file") && shown.contains("s.yaml"),
        "{shown}"
    );
    let shown = home
        .ok("run s.yaml bread -m mine --print-settings", "")
        .await;
    assert!(
        shown
            .lines()
            .any(|line| line.starts_with("ai-engine") && line.contains("mine")),
        "{shown}"
    );
}

#[tokio::test]
async fn a_file_asks_and_the_answer_is_kept() {
    let home = Home::new();
    home.write(
        "name.yaml",
        "name: n\nprompt: My name is {{ .name }}\nflags: [{name: name, default: Ada}]\n",
    );
    let answer = home.ok("run name.yaml", "").await;
    assert!(answer.starts_with("Nice to meet you, Ada."), "{answer}");
    assert!(home.ok("ask -c", "What is my name?").await.contains("Ada"));
}

#[tokio::test]
async fn messages_come_before_the_prompt() {
    let home = Home::new();
    let file = "
name: m
messages:
  - {role: user, text: 'My name is {{ .who }}'}
  - {role: assistant, text: Hello.}
  - {role: user, text: What is my name?}
flags: [{name: who, default: Bea}]
";
    home.write("m.yaml", file);
    assert!(home.ok("run m.yaml", "").await.contains("Bea"));
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_is_sent() {
    let home = Home::new();
    let cases = [
        ("name: a\n", "neither a prompt nor messages"),
        ("- a list\n", "not a prompt command"),
        ("name: a\nprompt: '{{ .x '\n", "the prompt"),
        (
            "name: a\nprompt: x\nflags: [{name: y, type: wonder}]\n",
            "`wonder`",
        ),
        ("name: a\nprompt: x\nflags: [{name: help}]\n", "`help`"),
        (
            "name: a\nprompt: x\nflags: [{name: y}, {name: y}]\n",
            "defined twice",
        ),
        ("name: a\nprompt: '{{ nofunc 1 }}'\n", "nofunc"),
        ("name: a\naliasFor: b\n", "alias"),
        ("prompt: [\n", "a.yaml"),
    ];
    for (file, part) in cases {
        home.write("a.yaml", file);
        let ended = home.geppetto("run a.yaml", []).end().await;
        ended.fails_with(2, part);
    }
    home.write("s.yaml", SUMMARY);
    home.geppetto("run s.yaml", [])
        .end()
        .await
        .fails_with(2, "<TOPIC>");
    home.geppetto("run s.yaml x --lines many", [])
        .end()
        .await
        .fails_with(2, "not a whole number");
    home.geppetto("run s.yaml x --tone odd", [])
        .end()
        .await
        .fails_with(2, "dry, warm");
    home.geppetto("run missing.yaml", [])
        .end()
        .await
        .fails_with(2, "missing.yaml");
}
