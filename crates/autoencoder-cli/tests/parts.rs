//! Odd pictures: parts with defects, found by their patches.

mod place;

use place::Place;

/// The pictures of parts in a folder, and a run on the good ones.
fn trained(side: &str) -> Place {
    let place = Place::new();
    place.done(&["data", "write", "parts", "-o", "parts", "--side", side]);
    place.done(&["train", "image-anomaly", "--data", "parts/train", "--epochs", "2", "--run", "run"]);
    place
}

#[test]
fn defects_of_parts_are_found_by_their_patches_and_better_than_by_pca() {
    let place = trained("64");
    let labels = ["--labels", "parts/labels.npy", "--json"];
    let score = |run: &str, more: &[&str]| {
        place.document(&[&["score", run, "parts/test"][..], &labels, more].concat())
    };
    let found = score("run", &["-o", "s.csv", "--picture", "worst.png", "--masks", "parts/masks"]);
    assert!(found["localisation"]["auroc"].as_f64().is_some_and(|auroc| auroc > 0.9), "{found}");
    assert_eq!(found["localisation"]["pixels"], 210 * 64 * 64);
    place.refused(1, &["score", "run", "parts/test", "--masks", "parts/train"], &["parts/train", "150"]);
    let auroc = |of: &serde_json::Value| of["ranking"]["auroc"]["value"].as_f64().expect("a number");
    assert!(auroc(&found) > 0.95, "{found}");
    assert!(auroc(&found) > auroc(&found["pca"]) + 0.05, "{found}");
    assert!(place.path("worst.png").exists());
    let config = std::fs::read_to_string(place.path("run/config.toml")).expect("a file");
    for words in ["kind = \"conv\"", "linear = true", "kind = \"patches\"", "kind = \"squared-error\""] {
        assert!(config.contains(words), "{words}: {config}");
    }

    // What has been seen is part of the model.
    let before = std::fs::read(place.path("s.csv")).expect("a file");
    std::fs::rename(place.path("run"), place.path("moved")).expect("renamed");
    std::fs::remove_dir_all(place.path("parts/train")).expect("removed");
    score("moved", &["-o", "again.csv"]);
    assert!(std::fs::read(place.path("again.csv")).expect("a file") == before);
}

#[test]
fn a_folder_is_written_with_masks_in_the_order_of_its_labels_or_not_at_all() {
    let place = Place::new();
    place.done(&["data", "write", "parts", "-o", "parts", "--side", "48"]);
    let count = |folder: &str| std::fs::read_dir(place.path(folder)).expect(folder).count();
    assert_eq!((count("parts/train/good"), count("parts/test"), count("parts/masks")), (150, 7, 7));
    assert_eq!(count("parts/test/crack"), 30);
    // Folders are read by name: the cracks and fibres come before the good ones.
    let labels = place::numbers(&place.path("parts/labels.npy"));
    assert_eq!(labels.len(), 210);
    assert!(
        labels[..60].iter().all(|label| *label == 1.0) && labels[60..90].iter().all(|label| *label == 0.0)
    );
    place.refused(2, &["data", "write", "parts", "-o", "parts"], &["not empty", "-o"]);
    place.refused(2, &["data", "write", "swiss-roll", "-o", "other"], &["not pictures"]);
    place.refused(2, &["data", "write", "parts", "-o", "other", "--side", "8"], &["at least 16"]);
    place.refused(2, &["data", "write", "strokes", "-o", "other", "--side", "48"], &["strokes", "48"]);
    assert!(!place.path("other").exists());
}

#[test]
fn small_pictures_keep_the_model_and_the_score_that_find_odd_digits() {
    let place = Place::new();
    let words = ["--set", "data.examples=200", "--epochs", "1", "--run", "run"];
    place.done(&[&["train", "image-anomaly"][..], &words].concat());
    let config = std::fs::read_to_string(place.path("run/config.toml")).expect("a file");
    for words in ["hidden = [\n    512,\n    128,\n]", "kind = \"bernoulli\"", "linear = false"] {
        assert!(
            config.replace("hidden = [512, 128]", "hidden = [\n    512,\n    128,\n]").contains(words),
            "{config}"
        );
    }
}
