//! `ae report` by its words, and its page in a browser where there is one.
#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

mod place;

use std::path::Path;
use std::process::Command;

use place::Place;

/// The page after its program has run, and what the program complained of; `None` without a browser.
fn opened(page: &Path) -> Option<(String, String)> {
    let mut browser = Command::new("chromium");
    browser.args([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--virtual-time-budget=3000",
    ]);
    browser.args(["--window-size=390,900", "--dump-dom"]).arg(format!("file://{}", page.display()));
    let answer = browser.output().ok()?;
    let [page, said] =
        [answer.stdout, answer.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let complaints = said.lines().filter(|line| line.contains("CONSOLE")).collect::<Vec<_>>().join("\n");
    Some((page, complaints))
}

#[test]
fn a_page_stands_alone_and_its_charts_are_drawn() {
    let place = Place::new();
    place.train("run", &["--seed", "2"]);
    let said = place.done(&["report", "run", "--tensorboard", "events"]);
    assert!(said.contains("run/report.html"), "{said}");
    let events =
        std::fs::read(place.path("events/events.out.tfevents.0.autoencoder")).expect("an event file");
    assert!(String::from_utf8_lossy(&events).contains("validation/objective"));
    let path = place.path("run/report.html");
    let page = std::fs::read_to_string(&path).expect("a page");
    for part in
        ["Training", "Beside PCA", "Reconstructions", "Filters", "Codes", "worst examples", "Environment"]
    {
        assert!(page.contains(part), "{part}");
    }
    // What the page would load from elsewhere.
    for elsewhere in ["src=\"http", "href=\"http", "url(http", "src=\"plots", "@import"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    assert_eq!(page.matches("<img").count(), page.matches("alt=\"").count());
    let Some((drawn, complaints)) = opened(&path) else {
        eprintln!("left out: there is no chromium to open the page in");
        return;
    };
    assert_eq!(complaints, "");
    let charts: Vec<&str> =
        drawn.split("<svg").skip(1).filter_map(|rest| rest.split("</svg>").next()).collect();
    assert_eq!(charts.len(), page.matches("<svg").count());
    for chart in charts {
        assert!(
            ["class=\"dot", "class=\"bar", "class=\"line"].iter().any(|mark| chart.contains(mark)),
            "{chart}"
        );
    }
}

#[test]
fn a_mistake_is_named_before_anything_is_computed() {
    let place = Place::new();
    place.train("run", &["--seed", "2"]);
    place.refused(2, &["report", "run", "-o", "x.pdf"], &["x.pdf", ".html"]);
    place.refused(1, &["report", "nothing"], &["nothing"]);
    assert!(!place.path("run/report.html").exists());
}

#[test]
fn scores_of_new_rows_have_a_page_and_a_table_that_computes_nothing() {
    let place = Place::new();
    let rows: String =
        (0..120).map(|row| format!("{},{},=1+{row}\n", (row as f32 * 0.37).sin(), row % 7)).collect();
    std::fs::write(place.path("x.csv"), format!("a,b,who\n{rows}")).expect("written");
    place.done(&["train", "--data", "x.csv", "--drop", "who", "--run", "run", "--epochs", "1"]);
    let words = ["score", "run", "x.csv", "-o", "s.csv", "--id", "who", "--explain", "--for-spreadsheet"];
    place.done(&words);
    let table = std::fs::read_to_string(place.path("s.csv")).expect("a file");
    assert!(table.contains(",'=1+7,"), "{table}");
    place.done(&["report", "run", "--scores", "s.csv"]);
    let page = std::fs::read_to_string(place.path("s.html")).expect("a page");
    for part in ["Scores in s.csv", "The oddest rows", "because", "=1+"] {
        assert!(page.contains(part), "{part}");
    }
    place.refused(1, &["report", "run", "--scores", "x.csv"], &["x.csv", "no column `score`"]);
}
