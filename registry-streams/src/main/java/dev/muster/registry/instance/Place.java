package dev.muster.registry.instance;

/**
 * The place of a partition, as far as this instance knows.
 *
 * @param address {@code host:port} of another instance, if the partition is there
 */
public record Place(Kind kind, String address) {
    /** HERE: this instance owns it. THERE: another one does. MOVING: at present no instance does. */
    public enum Kind {
        HERE,
        THERE,
        MOVING
    }

    public static final Place HERE = new Place(Kind.HERE, "");
    public static final Place MOVING = new Place(Kind.MOVING, "");

    public static Place at(String address) {
        return new Place(Kind.THERE, address);
    }

    public boolean isHere() {
        return kind == Kind.HERE;
    }
}
