//! The machine's date is corrected: no storm, no stall, nothing fires twice.

use std::time::Duration;

use crate::rig::{Rig, to};
use crate::script::{accepted, refused};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);
/// Longer than any pause between two attempts.
const LONG: Duration = Duration::from_mins(11);

/// Something waits for its next attempt when the date jumps; when it is delivered after the jump, by monotonic time.
async fn delay_after(jump: impl Fn(&Rig)) -> (usize, bool) {
    let rig = Rig::new().await;
    rig.prove(0..20).await;
    rig.script.answer(|_| refused(429, "TooManyRequests"));
    for number in 0..20 {
        rig.send_to(number).await;
    }
    rig.run_for(SECOND * 10).await;
    rig.script.forget();
    jump(&rig);
    rig.run_for(SECOND).await;
    let at_once = rig.script.count();
    rig.script.answer(|_| accepted());
    rig.run_in_steps(LONG, SECOND).await;
    (at_once, rig.script.accepted().len() == 20)
}

#[tokio::test]
async fn a_day_forward_makes_no_storm() {
    let (at_once, delivered) = delay_after(|rig| rig.clock.jump_to(rig.now().saturating_add(DAY))).await;
    assert!(at_once < 15, "{at_once} came back at once");
    assert!(delivered);
}

#[tokio::test]
async fn a_day_back_makes_no_stall() {
    let (at_once, delivered) = delay_after(|rig| rig.clock.jump_to(rig.now().saturating_sub(DAY))).await;
    assert!(at_once < 15, "{at_once} came back at once");
    assert!(delivered);
}

#[tokio::test]
async fn a_schedule_fires_once_whatever_the_date_does() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    let at = rig.now().saturating_add(SECOND * 100);
    rig.send_with(to(0), |new| new.send_at = Some(at)).await;
    rig.run_for(SECOND * 101).await;
    assert_eq!(rig.script.count(), 1);
    rig.clock.jump_to(rig.now().saturating_sub(DAY));
    rig.run_for(SECOND * 200).await;
    rig.clock.jump_to(rig.now().saturating_add(DAY * 2));
    rig.run_for(SECOND * 200).await;
    assert_eq!(rig.script.count(), 1);
}

#[tokio::test]
async fn new_work_is_sent_at_once_whatever_the_date_does() {
    let rig = Rig::new().await;
    rig.prove(0..1).await;
    for jump in [rig.now().saturating_sub(DAY), rig.now().saturating_add(DAY)] {
        rig.clock.jump_to(jump);
        let id = rig.send_to(0).await;
        rig.run_for(SECOND).await;
        assert_eq!(rig.counts(id).await.delivered, 1);
    }
}
