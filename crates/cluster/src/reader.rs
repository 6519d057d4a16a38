//! A reader, which reads the events of a session at one host after another.

use std::time::Duration;

use geppetto_events::Event;
use geppetto_turns::serial::from_json_str;
use tokio::{sync::watch, time::sleep};

use crate::{
    client::Stream,
    history::{History, Seen},
    hosts::Hosts,
};

/// Time without an event after which a reader connects to another host.
const QUIET: Duration = Duration::from_secs(3);

pub(crate) async fn read(
    hosts: Hosts,
    history: History,
    session: String,
    mut random: fastrand::Rng,
    stop: watch::Receiver<bool>,
) {
    let mut seen = Seen {
        session: session.clone(),
        ..Seen::default()
    };
    let mut last = 0;
    let mut before = String::new();
    while !*stop.borrow() {
        let path = format!("/sessions/{session}/events?as=events&after={last}");
        let Ok(mut stream) = Stream::open(&hosts.any(&mut random), &path).await else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        seen.connections += 1;
        let most = random.u32(1..200);
        for _ in 0..most {
            if *stop.borrow() {
                break;
            }
            let Some(data) = stream.next(QUIET).await else {
                break;
            };
            let Ok(event) = from_json_str::<Event>(&data) else {
                // Cut off in the middle.
                break;
            };
            let (first, end) = (event.first_seq(), event.seq);
            if first > last + 1 || end <= last {
                let problem = format!(
                    "{session}: a reader at {last} received {first} to {end}: {data}; before: {before}"
                );
                history.notes().problems.push(problem);
            }
            seen.ranges.push((first.max(last + 1), end));
            last = end.max(last);
            before = data;
        }
    }
    history.notes().readers.push(seen);
}
