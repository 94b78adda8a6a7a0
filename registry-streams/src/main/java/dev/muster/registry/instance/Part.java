package dev.muster.registry.instance;

/** What is owned partition by partition: stores of one part are always together. */
public enum Part {
    /** Nodes and tasks, by node partition. */
    NODES,
    /** Views, by view partition. */
    VIEWS,
    /** History, by node partition. */
    TERMINALS
}
