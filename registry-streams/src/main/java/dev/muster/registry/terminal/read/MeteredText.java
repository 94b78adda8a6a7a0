package dev.muster.registry.terminal.read;

/** A line for a pattern that takes long to look for: each character that the matcher takes is paid for first. */
final class MeteredText implements CharSequence {
    private final String text;
    private final long stepsPerCharacter;
    private final ReadBudget budget;

    MeteredText(String text, long stepsPerCharacter, ReadBudget budget) {
        this.text = text;
        this.stepsPerCharacter = stepsPerCharacter;
        this.budget = budget;
    }

    @Override
    public char charAt(int index) {
        budget.spend(stepsPerCharacter);
        return text.charAt(index);
    }

    @Override
    public int length() {
        return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
        return text.subSequence(start, end);
    }

    @Override
    public String toString() {
        return text;
    }
}
