//! Units, ranges, presets and the text form.

use super::*;

fn parsed(text: &str) -> SimulationSettings {
    text.parse().expect("settings")
}

#[test]
fn a_perfect_network_treats_nothing() {
    let settings = SimulationSettings::default();
    assert!(settings.outgoing.conditions().is_clear());
    assert_eq!(settings.seed(), 0);
    assert_ne!(settings.used_seed(), 0);
    assert_ne!(
        settings.used_seed(),
        SimulationSettings::default().used_seed()
    );
}

#[test]
fn the_jitter_leaves_the_mean_of_the_latency() {
    let conditions = parsed("latency:80,jitter:10").outgoing.conditions();
    assert_eq!(conditions.latency, Duration::from_millis(70));
    assert_eq!(conditions.jitter, Duration::from_millis(20));
    // Nothing arrives before it was sent.
    let conditions = parsed("latency:5,jitter:10").incoming.conditions();
    assert_eq!(conditions.latency, Duration::ZERO);
    assert_eq!(conditions.jitter, Duration::from_millis(15));
}

#[test]
fn shares_are_percent_and_rates_kilobits() {
    let conditions = parsed("loss:2,duplication:3,reordering:4,rate:800,queue:500,mtu:1200");
    let conditions = conditions.outgoing.conditions();
    assert_eq!(conditions.loss, 0.02);
    assert_eq!(conditions.duplication, 0.03);
    assert_eq!(conditions.reordering, 0.04);
    let rate = conditions.rate.expect("a rate");
    assert_eq!((rate.bytes_per_second.get(), rate.queue), (100_000, 50_000));
    assert_eq!(conditions.mtu, Some(1200));
    // A datagram waits at any rate.
    let rate = parsed("rate:1,queue:0").outgoing.conditions().rate;
    assert_eq!(rate.expect("a rate").queue, 1500);
}

#[test]
fn runs_of_losses_keep_the_share() {
    let share = |text: &str| {
        let Bursts { begin, end, loss } = parsed(text).outgoing.conditions().bursts?;
        assert_eq!(loss, 1.0);
        Some(begin / (begin + end))
    };
    assert_eq!(share("loss:5"), None);
    assert_eq!(share("burst:5"), None, "nothing is lost");
    let moderate = share("loss:5,burst:4").expect("runs");
    assert!((moderate - 0.05).abs() < 1e-9);
    // Two losses in a row at most could not reach the share.
    let heavy = share("loss:90,burst:2").expect("runs");
    assert!((heavy - 0.9).abs() < 1e-9);
    let all = parsed("loss:100,burst:3").outgoing.conditions();
    assert_eq!((all.loss, all.bursts), (1.0, None));
}

#[test]
fn presets_have_the_known_numbers_in_both_directions() {
    for (name, latency, jitter, loss) in PRESETS {
        let preset = parsed(name);
        assert_eq!(preset.outgoing, preset.incoming);
        let values = [
            LinkProperty::Latency,
            LinkProperty::Jitter,
            LinkProperty::Loss,
        ];
        let values = values.map(|property| preset.outgoing.get(property));
        assert_eq!(values, [latency, jitter, loss].map(f64::from), "{name}");
    }
    assert_eq!(
        parsed("4g").outgoing,
        parsed("latency:100,jitter:20,loss:4").outgoing
    );
}

#[test]
fn a_text_names_directions_a_preset_and_a_seed() {
    let settings = parsed("4G, outgoing_loss:10 ,seed:42");
    assert_eq!(settings.outgoing.get(LinkProperty::Loss), 10.0);
    assert_eq!(settings.incoming.get(LinkProperty::Loss), 4.0);
    assert_eq!(settings.outgoing.get(LinkProperty::Latency), 100.0);
    assert_eq!((settings.seed(), settings.used_seed()), (42, 42));
    let text = settings.to_string();
    assert_eq!(
        text,
        "latency:100,jitter:20,outgoing_loss:10,incoming_loss:4,seed:42"
    );
    let again = parsed(&text);
    assert_eq!(
        (again.outgoing, again.incoming),
        (settings.outgoing, settings.incoming)
    );
    assert_eq!(again.used_seed(), 42);
}

#[test]
fn a_wrong_text_is_named() {
    for (text, part) in [
        ("", "no preset \"\""),
        ("6G", "no preset \"6G\"; the presets are Broadband, "),
        ("latency:80,4G", "no setting \"4G\""),
        ("latncy:80", "no setting \"latncy\""),
        ("sideways_loss:1", "no setting \"sideways_loss\""),
        ("loss:many", "loss must be a number, not \"many\""),
        ("seed:-1", "seed must be a number, not \"-1\""),
        ("loss:101", "loss must be 0 to 100, not 101"),
        ("latency:-1", "latency must be 0 to 10000, not -1"),
        ("jitter:nan", "jitter must be 0 to 10000, not NaN"),
        ("rate:inf", "rate must be 0 to 100000000, not inf"),
    ] {
        let error = text.parse::<SimulationSettings>().expect_err(text);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn users_of_one_seed_differ_and_a_new_seed_begins_anew() {
    let shared = SharedSimulation::default();
    shared.change(|it| it.set_seed(7));
    assert_eq!(shared.next_seed(), 7);
    assert_ne!(shared.next_seed(), 7);
    let (_, differs) = shared.change(|it| it.set_seed(7));
    assert!(!differs);
    assert_ne!(shared.next_seed(), 7);
    shared.change(|it| it.set_seed(8));
    assert_eq!(shared.next_seed(), 8);
    assert_eq!(shared.revision(), 2);
}

#[test]
fn a_command_line_has_the_value_behind_the_option_or_a_space() {
    let read = |arguments: &[&str]| {
        let read = SimulationSettings::from_arguments(arguments.iter().copied());
        read.map(|settings| settings.map(|it| it.outgoing.get(LinkProperty::Latency)))
    };
    assert_eq!(read(&["--host", "4G"]), None);
    assert_eq!(read(&["--net-simulation=4G"]), None);
    assert_eq!(read(&["--net-sim=4G"]), Some(Ok(100.0)));
    assert_eq!(
        read(&["--host", "--net-sim", "4G", "--mute"]),
        Some(Ok(100.0))
    );
    assert_eq!(read(&["--net-sim", "latency:80,loss:2"]), Some(Ok(80.0)));
    // The last one counts.
    assert_eq!(read(&["--net-sim", "4G", "--net-sim=5G"]), Some(Ok(30.0)));
    assert_eq!(read(&["--net-sim=5G", "--net-sim", "4G"]), Some(Ok(100.0)));
    // The next option is no value.
    let nothing = Some(Err(SimulationError::Nothing));
    let text = SimulationError::Nothing.to_string();
    assert!(
        text.starts_with("--net-sim needs a preset's name or settings: Broadband, "),
        "{text}"
    );
    assert_eq!(read(&["--net-sim"]), nothing);
    assert_eq!(read(&["--net-sim="]), nothing);
    assert_eq!(read(&["--net-sim", "--mute"]), nothing);
    assert_eq!(read(&["--net-sim=4G", "--net-sim"]), nothing);
}
