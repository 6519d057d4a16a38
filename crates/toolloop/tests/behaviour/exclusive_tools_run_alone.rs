use geppetto_engine::ToolConfig;
use geppetto_toolloop::ToolLoop;
use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};

use crate::support::*;

const IDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

#[tokio::test(start_paused = true)]
async fn an_exclusive_tool_waits_for_others_and_others_for_it() {
    let diary = Diary::default();
    let script = Script::new([
        vec![
            Do::Call("a", "shared", "{}"),
            Do::Call("b", "alone", "{}"),
            Do::Call("c", "shared", "{}"),
            Do::Call("d", "shared", "{}"),
        ],
        vec![Do::Say("ok")],
    ]);
    let tools = registry(vec![
        Box::new(slow(&diary, "shared", 10)),
        Box::new(slow(&diary, "alone", 10).exclusive()),
    ]);
    let done = run(&ToolLoop::new(script, tools)).await;
    assert_eq!(
        diary.lines(),
        ["+a", "-a", "+b", "-b", "+c", "+d", "-c", "-d"]
    );
    assert_eq!(done.answers().len(), 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_mix_of_tools_overlaps_with_an_exclusive_one(
        kinds in prop::collection::vec((proptest::bool::ANY, 0..3usize), 1..=IDS.len()),
        limit in 1..4u32,
    ) {
        let names = [["s0", "s1", "s2"], ["x0", "x1", "x2"]];
        let diary = Diary::default();
        let calls: Vec<Do> = kinds
            .iter()
            .zip(IDS)
            .map(|((alone, time), id)| Do::Call(id, names[usize::from(*alone)][*time], "{}"))
            .collect();
        let tools = registry(vec![
            Box::new(slow(&diary, "s0", 0)),
            Box::new(slow(&diary, "s1", 10)),
            Box::new(slow(&diary, "s2", 25)),
            Box::new(slow(&diary, "x0", 0).exclusive()),
            Box::new(slow(&diary, "x1", 10).exclusive()),
            Box::new(slow(&diary, "x2", 25).exclusive()),
        ]);
        let mut config = ToolConfig::default();
        config.max_parallel_tools = limit;
        let script = Script::new([calls, vec![Do::Say("ok")]]);
        let tool_loop = ToolLoop::new(script, tools).with_config(config);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let done = runtime.block_on(run(&tool_loop));
        let answered: Vec<String> = done.answers().into_iter().map(|(id, _)| id).collect();
        prop_assert_eq!(&answered[..], &IDS[..kinds.len()]);
        let mut running: Vec<String> = Vec::new();
        let mut started = Vec::new();
        for line in diary.lines() {
            let (sign, id) = line.split_at(1);
            if sign == "-" {
                running.retain(|own| own != id);
                continue;
            }
            running.push(id.to_owned());
            started.push(id.to_owned());
            let alone = |id: &String| kinds[IDS.iter().position(|own| own == id).unwrap()].0;
            prop_assert!(running.len() == 1 || !running.iter().any(alone), "{:?}", running);
            prop_assert!(running.len() <= limit as usize);
        }
        // In the order of the calls: no call overtakes another.
        prop_assert_eq!(&started[..], &IDS[..kinds.len()]);
    }
}
