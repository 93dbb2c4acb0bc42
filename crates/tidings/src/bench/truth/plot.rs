//! The year as a picture: what each policy keeps of what lives, and how much it keeps in all. SVG, without a library.

use std::fmt::Write as _;

use super::nature::{DAY, START};
use super::simulation::Played;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 576.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 36.0;

/// One colour for each policy, to be told apart by everybody (after Okabe and Ito), and its dashes; ours is drawn last.
const LINES: [(&str, &str); 5] = [
    ("#d55e00", "none"),
    ("#e69f00", "7 3"),
    ("#cc79a7", "2 3"),
    ("#7f7f7f", "10 3 2 3"),
    ("#0072b2", "none"),
];

/// A panel: where it stands, what its axis begins and ends with.
struct Panel {
    title: &'static str,
    top: f64,
    height: f64,
    lowest: f64,
    highest: f64,
    unit: &'static str,
}

/// Draws what was played.
pub(super) fn draw(played: &Played, world: &str, seed: u64) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(
        &mut svg,
        (LEFT, 22.0),
        "start",
        "15",
        &format!(
            "The world {world}, seed {seed}, {} days",
            played.nature.world.days
        ),
    );
    legend(&mut svg, played);
    let kept: Vec<Vec<f64>> = shares(played);
    let lowest = kept.iter().flatten().copied().fold(100.0, f64::min);
    let above = Panel {
        title: "Living devices whose registration is kept, %",
        top: 116.0,
        height: 210.0,
        lowest: (lowest / 5.0).floor() * 5.0,
        highest: 100.0,
        unit: "%",
    };
    above.draw(&mut svg, played, &kept);
    let sent: Vec<Vec<f64>> = sizes(played);
    let most = sent.iter().flatten().copied().fold(1.0, f64::max);
    let below = Panel {
        title: "Device tokens that are sent to, thousands (grey area: devices that live)",
        top: 388.0,
        height: 160.0,
        lowest: 0.0,
        highest: round_up(most),
        unit: "",
    };
    below.area(&mut svg, played);
    below.draw(&mut svg, played, &sent);
    svg.push_str("</svg>\n");
    svg
}

fn shares(played: &Played) -> Vec<Vec<f64>> {
    let of = |share: &f64| share * 100.0;
    let tallies = played.policies.iter().map(|policy| &policy.sender().tally);
    tallies
        .map(|tally| tally.reachable.iter().map(of).collect())
        .collect()
}

fn sizes(played: &Played) -> Vec<Vec<f64>> {
    let tallies = played.policies.iter().map(|policy| &policy.sender().tally);
    tallies
        .map(|tally| tally.rows.iter().map(|rows| thousands(*rows)).collect())
        .collect()
}

fn thousands(count: usize) -> f64 {
    count as f64 / 1000.0
}

/// To a number that five lines divide well.
fn round_up(most: f64) -> f64 {
    let magnitude = 10_f64.powf(most.log10().floor());
    let steps = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 10.0].map(|step| step * magnitude);
    steps.into_iter().find(|step| *step >= most).unwrap_or(most)
}

fn legend(svg: &mut String, played: &Played) {
    let mut x = LEFT;
    for (policy, (colour, dashes)) in played.policies.iter().zip(LINES) {
        let name = policy.name();
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" y1=\"44\" x2=\"{}\" y2=\"44\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-dasharray=\"{dashes}\"/>",
            x + 26.0
        );
        text(svg, (x + 32.0, 48.0), "start", "12", name);
        x += 54.0 + 6.9 * name.len() as f64;
    }
    let first = played.nature.mistakes.first();
    if first.is_some() {
        text(
            svg,
            (LEFT, 68.0),
            "start",
            "11",
            "Dotted: the operator makes a mistake.",
        );
    }
}

impl Panel {
    fn draw(&self, svg: &mut String, played: &Played, lines: &[Vec<f64>]) {
        self.axes(svg, played);
        for (values, (colour, dashes)) in lines.iter().zip(LINES) {
            let points = self.points(values, played.living.len());
            let _ = writeln!(
                svg,
                "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
                 stroke-linejoin=\"round\" stroke-dasharray=\"{dashes}\"/>"
            );
        }
    }

    fn axes(&self, svg: &mut String, played: &Played) {
        text(svg, (LEFT, self.top - 10.0), "start", "12", self.title);
        for fifth in 0..=5 {
            let value = self.lowest + (self.highest - self.lowest) * f64::from(fifth) / 5.0;
            let y = self.y(value);
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"#e4e4e4\"/>",
                WIDTH - RIGHT
            );
            let label = format!("{}{}", tidy(value), self.unit);
            text(svg, (LEFT - 8.0, y + 4.0), "end", "11", &label);
        }
        let days = played.living.len();
        for mistake in &played.nature.mistakes {
            let x = x_of(f64::from(mistake.from - START) / f64::from(DAY) - 1.0, days);
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"#999999\" stroke-dasharray=\"1 4\"/>",
                self.top,
                self.top + self.height
            );
        }
        let step = (days / 6).max(1);
        for day in (0..=days).step_by(step) {
            let x = x_of(day as f64, days);
            text(
                svg,
                (x, self.top + self.height + 18.0),
                "middle",
                "11",
                &format!("day {day}"),
            );
        }
    }

    fn area(&self, svg: &mut String, played: &Played) {
        let living: Vec<f64> = played.living.iter().map(|count| thousands(*count)).collect();
        let points = self.points(&living, living.len());
        let floor = self.top + self.height;
        let last = x_of(living.len().saturating_sub(1) as f64, living.len());
        let _ = writeln!(
            svg,
            "<polygon points=\"{LEFT},{floor:.1} {points} {last:.1},{floor:.1}\" fill=\"#efefef\"/>"
        );
    }

    fn points(&self, values: &[f64], days: usize) -> String {
        let place =
            |(day, value): (usize, &f64)| format!("{:.1},{:.1}", x_of(day as f64, days), self.y(*value));
        values.iter().enumerate().map(place).collect::<Vec<_>>().join(" ")
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.lowest) / (self.highest - self.lowest).max(f64::EPSILON);
        self.top + self.height * (1.0 - share)
    }
}

/// The place of a day among so many.
fn x_of(day: f64, days: usize) -> f64 {
    LEFT + (WIDTH - LEFT - RIGHT) * day.max(0.0) / days.max(1) as f64
}

fn tidy(value: f64) -> String {
    if (value - value.round()).abs() < 0.05 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, size: &str, what: &str) {
    let what = what.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"#333333\">{what}</text>"
    );
}
