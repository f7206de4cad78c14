"""Names for experiments that were given none: three words that people can say."""

from random import Random

_WORDS = """
barely boldly briefly calmly clearly deeply duly easily evenly fairly firmly fondly freely freshly gladly keenly kindly lightly merely mildly
neatly openly quietly rarely surely

amber brave brisk calm clever cosy daring early eager fleet fluent frank gentle golden hardy humble jolly lively lucid mellow nimble patient
proud silver steady sunny swift tidy vivid wise

badger bear beaver bison crane crow deer dove eagle falcon finch fox gecko goose hare heron ibex jay koala lark lemur lynx marten mole moose
moth newt otter owl panda pike puffin quail raven robin seal shrew skink sloth snail stoat swan tapir tern toad trout viper vole whale wren
"""
_HOW, _LIKE, _WHO = (block.split() for block in _WORDS.split("\n\n"))


def experiment_name(random: Random) -> str:
    """The whole name of an experiment, such as "Experiment (quietly-amber-heron)"."""
    return f"Experiment ({random.choice(_HOW)}-{random.choice(_LIKE)}-{random.choice(_WHO)})"
